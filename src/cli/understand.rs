//! `replytree understand`: what a text would mean, at a step of a flow or anywhere, and by which rule.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::lines::{self, Format};
use crate::cli::load::{Loaded, load};
use crate::cli::{Context, Exit, output, stdout};
use crate::flow::Flow;
use crate::flow::steps::{Expect, Step, Verb};
use crate::lead::Name;
use crate::reply::Listening;
use crate::reply::{Asked, Question, understand};
use crate::runtime::{Clock, WallClock};
use crate::time::{Timestamp, Zone};

#[derive(Debug, Args)]
pub struct UnderstandArgs {
    /// A flow and one of its steps, if the text answers a question; then texts. Without a text, each
    /// line of standard input is one
    #[arg(value_name = "[FLOW STEP] TEXT")]
    words: Vec<String>,

    /// The lead's language
    #[arg(long, value_name = "L")]
    locale: Option<String>,

    /// How to answer [default: human on a terminal, else json]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The moment of the reply, for "tomorrow" and its like [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// The lead has opted out: "yes" may then be an opt-in
    #[arg(long)]
    opted_out: bool,
}

pub fn run(context: &Context, args: &UnderstandArgs) -> Exit {
    let loaded = load(context, &[])?;
    let (place, texts) = place(&loaded, &args.words)?;
    if let Some(hint) = hint(&loaded, place, &args.words) {
        errln!("note: {hint}");
    }
    let names: Vec<Name> = place.map_or_else(Vec::new, |(_, step)| option_names(step));
    let locale = args
        .locale
        .clone()
        .or_else(|| place.map(|(flow, _)| flow.locales[0].to_string()));
    let asking = Asking {
        place,
        names: &names,
        locale: locale.as_deref().unwrap_or("en"),
        now: args.at.unwrap_or_else(|| WallClock.now()),
        zone: &loaded.workspace.time_zone,
        listening: Listening {
            opted_out: args.opted_out,
            ..Listening::default()
        },
    };
    let format = args.format.unwrap_or_else(output::by_terminal);
    let mut input: Box<dyn BufRead> = Box::new(std::io::stdin().lock());
    let mut out = stdout();
    lines::each(texts, &mut input, |text| {
        let understanding = understand(text, &asking.question());
        match format {
            Format::Json => writeln!(out, "{}", understanding.json()),
            Format::Human => {
                let json = understanding.json();
                let shown = json.get("answer").or_else(|| json.get("value"));
                let shown = shown.map(|v| format!(" {v}")).unwrap_or_default();
                let sure = if understanding.certain {
                    ""
                } else {
                    ", likely"
                };
                let kind = understanding.kind();
                writeln!(
                    out,
                    "{text:?}: {kind}{shown} (rule {}{sure})",
                    understanding.rule
                )
            }
        }
    })?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A flow and one of its steps.
type Place<'l> = (&'l Flow, &'l Step);

/// The flow and step that the first two words name, and the rest.
fn place<'l, 'w>(
    loaded: &'l Loaded,
    words: &'w [String],
) -> anyhow::Result<(Option<Place<'l>>, &'w [String])> {
    let [flow, step, texts @ ..] = words else {
        return Ok((None, words));
    };
    let Some(flow) = loaded
        .flows
        .iter()
        .find(|known| known.name == *flow.as_str())
    else {
        if loaded.is_broken(flow) {
            loaded.flow(flow)?;
        }
        return Ok((None, words));
    };
    match flow.find(step) {
        Some(ix) => Ok((Some((flow.as_ref(), flow.step(ix))), texts)),
        None => {
            let names = flow.steps.iter().map(|step| step.name.as_str());
            match crate::diagnostic::nearest(step, names) {
                Some(near) => bail!(
                    "`{}` has no step `{step}`; did you mean `{near}`?",
                    flow.name
                ),
                None => bail!("`{}` has no step `{step}`", flow.name),
            }
        }
    }
}

/// What an author who named a flow probably meant otherwise; the texts are read all the same.
fn hint(loaded: &Loaded, place: Option<Place>, words: &[String]) -> Option<String> {
    if let Some((flow, step)) = place {
        let asks = matches!(step.verb, Verb::Ask(_));
        let (flow, step) = (&flow.name, &step.name);
        return (!asks).then(|| {
            format!("the step `{step}` of `{flow}` asks nothing; read as what is heard at any time")
        });
    }
    let first = words.first()?;
    let names = || loaded.flows.iter().map(|flow| flow.name.as_str());
    if names().any(|name| name == first) {
        return Some(format!(
            "`{first}` is read as a text; to ask at a question of the flow: \
             replytree understand {first} STEP TEXT"
        ));
    }
    let near = (words.len() > 2).then(|| crate::diagnostic::nearest(first, names()))??;
    Some(format!(
        "there is no flow `{first}`, so each word is read as a text; did you mean `{near}`?"
    ))
}

fn option_names(step: &Step) -> Vec<Name> {
    match &step.verb {
        Verb::Ask(ask) => match &ask.expect {
            Expect::Options(options, _) => options.iter().map(|o| o.name.clone()).collect(),
            Expect::Value { .. } => Vec::new(),
        },
        _ => Vec::new(),
    }
}

struct Asking<'a> {
    place: Option<Place<'a>>,
    names: &'a [Name],
    locale: &'a str,
    now: Timestamp,
    zone: &'a Zone,
    listening: Listening,
}

impl Asking<'_> {
    fn question(&self) -> Question<'_> {
        let Some((flow, step)) = self.place else {
            return Question {
                listening: self.listening,
                ..Question::default()
            };
        };
        let asked = match &step.verb {
            Verb::Ask(ask) => {
                let locale = (self.locale, flow.locale_ix(self.locale));
                ask.asked_in(locale, self.now, self.zone, self.names)
            }
            _ => Asked::Nothing,
        };
        let anytime = (!flow.anytime.is_empty()).then_some(&flow.anytime_phrases);
        Question {
            asked,
            anytime,
            listening: self.listening,
        }
    }
}
