//! `${NAME}` in workspace.yaml, filled in from the environment, and the secrets that should have
//! been written so. Refuses to know the environment: the caller looks names up.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::yaml::{Node, Scalar, Style, Yaml};

/// Looks up a variable; `None` when it is not set.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The sections in which a setting can be a secret.
const WITH_SECRETS: [&str; 6] = [
    "channels",
    "email",
    "endpoints",
    "register",
    "teams",
    "webhooks",
];

/// Fills in every `${NAME}` of the tree, and reports those that cannot be and secrets written out.
pub fn fill(file: &str, source: &str, root: &mut Node, env: &Env) -> Vec<Diagnostic> {
    let mut filler = Filler {
        file,
        source,
        env,
        problems: Vec::new(),
    };
    if let Yaml::Map(entries) = &mut root.value {
        for entry in entries {
            let secrets = if WITH_SECRETS.contains(&entry.key.as_str()) {
                Secrets::Possible
            } else {
                Secrets::None
            };
            filler.walk(&mut entry.value, &entry.key, secrets);
        }
    }
    filler.problems
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Possible,
    None,
}

struct Filler<'a> {
    file: &'a str,
    source: &'a str,
    env: &'a Env<'a>,
    problems: Vec<Diagnostic>,
}

impl Filler<'_> {
    /// `key` is what the value stands under; the items of a list stand under the list's.
    fn walk(&mut self, node: &mut Node, key: &str, secrets: Secrets) {
        match &mut node.value {
            Yaml::Map(entries) => {
                for entry in entries {
                    self.walk(&mut entry.value, &entry.key, secrets);
                }
            }
            Yaml::List(items) => {
                for item in items {
                    self.walk(item, key, secrets);
                }
            }
            Yaml::Scalar(scalar) if scalar.text.contains("${") => self.scalar(node),
            Yaml::Scalar(scalar) => {
                if secrets == Secrets::Possible && is_written_secret(key, &scalar.text) {
                    self.secret(node.span, key);
                }
            }
            Yaml::Broken => {}
        }
    }

    fn scalar(&mut self, node: &mut Node) {
        let Some(text) = node.text().map(str::to_string) else {
            return;
        };
        let mut filled = String::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("${").map(|i| at + i) {
            filled.push_str(&text[at..open]);
            let Some(close) = text[open..].find('}').map(|i| open + i) else {
                let span = node.place(self.source, open..text.len());
                let problem = Diagnostic::error("E0602", self.file, span, "a `${` is never closed");
                let help = "write the variable's name between `${` and `}`, such as `${SMTP_URL}`";
                self.problems.push(problem.help(help));
                node.value = Yaml::Broken;
                return;
            };
            match self.value(node, &text[open + 2..close], open..close + 1) {
                Some(value) => filled.push_str(&value),
                None => {
                    node.value = Yaml::Broken;
                    return;
                }
            }
            at = close + 1;
        }
        filled.push_str(&text[at..]);
        let (text, style) = (filled, Style::Double);
        node.value = Yaml::Scalar(Scalar { text, style });
    }

    fn value(&mut self, node: &Node, name: &str, range: Range<usize>) -> Option<String> {
        let well_named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let span = node.place(self.source, range);
        if !well_named {
            let message = format!("`{name}` cannot be the name of a variable");
            let help = "use letters, digits and `_`, such as `${TWILIO_AUTH_TOKEN}`";
            self.problems
                .push(Diagnostic::error("E0602", self.file, span, message).help(help));
            return None;
        }
        let value = (self.env)(name).filter(|value| !value.is_empty());
        if value.is_none() {
            let message = format!("the environment has no `{name}`");
            let help = format!("set it before you start: `export {name}=…`");
            let problem = Diagnostic::error("E0601", self.file, span, message);
            self.problems.push(problem.label("not set").help(help));
        }
        value
    }

    fn secret(&mut self, span: Span, key: &str) {
        let name: String = key
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        let message = format!("a secret is written into the file, under `{key}`");
        let help = format!(
            "put it into the environment and write `${{{name}}}` here; whoever has read this file \
             may have it, so change it too"
        );
        let problem = Diagnostic::error("E0603", self.file, span, message);
        self.problems.push(
            problem
                .label("readable by everyone who has the file")
                .help(help),
        );
    }
}

/// Whether a value under `key`, without any `${NAME}`, gives a secret away.
fn is_written_secret(key: &str, text: &str) -> bool {
    const NAMED: [&str; 9] = [
        "secret",
        "token",
        "password",
        "passwd",
        "authorization",
        "api_key",
        "apikey",
        "private_key",
        "credential",
    ];
    const BEGIN: [&str; 6] = ["whsec_", "whsk_", "sk_", "Bearer ", "Basic ", "-----BEGIN"];
    let key = key.to_ascii_lowercase().replace('-', "_");
    let named = key == "key" || NAMED.iter().any(|secret| key.contains(secret));
    let text = text.trim();
    let begins = BEGIN.iter().any(|begin| text.starts_with(begin));
    !text.is_empty() && (named || begins || has_password(text))
}

/// `smtp://user:password@host`
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}
