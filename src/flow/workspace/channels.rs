//! The channels of a workspace: a carrier, its account, and the numbers texts come from.

use std::collections::BTreeMap;

use crate::flow::grammar::per_second;
use crate::flow::workspace::read::{Reader, entries, items, text_of, texts_of};
use crate::flow::workspace::{Channel, EmailSettings};
use crate::flow::yaml::Node;
use crate::lead::{Name, PhoneNumber};

/// Keys that are not the carrier's own.
const OURS: [&str; 6] = ["carrier", "from", "rate", "number_rate", "failover", "api"];

/// `None` when the file has no channels.
pub fn channels(reader: &mut Reader, root: &Node, region: &str) -> Option<BTreeMap<Name, Channel>> {
    let node = root.get("channels")?;
    let mut channels = BTreeMap::new();
    for entry in entries(Some(node)) {
        if entry.key == "email" {
            let message = "`email` cannot be a channel's name".to_string();
            let help = "`/hooks/email/inbound` is where emails come in; name the channel otherwise";
            reader.report("E0609", entry.key_span, message, help.to_string());
        }
        if entry.value.map().is_some() {
            let channel = channel(reader, &entry.value, region);
            channels.insert(Name::from(entry.key.as_str()), channel);
        }
    }
    stand_ins(reader, node, &channels);
    Some(channels)
}

/// A channel that stands in for another is there, and is another.
fn stand_ins(reader: &mut Reader, node: &Node, channels: &BTreeMap<Name, Channel>) {
    for entry in entries(Some(node)) {
        let Some(named) = entry.value.get("failover") else {
            continue;
        };
        let text = named.text().unwrap_or_default();
        if text == entry.key.as_str() || !channels.contains_key(text) {
            let message = format!("`{text}` is not another channel");
            let help = "name one of `channels` that texts may go by instead".to_string();
            reader.report("E0606", named.span, message, help);
        }
    }
}

fn channel(reader: &mut Reader, node: &Node, region: &str) -> Channel {
    let mut from = Vec::new();
    for sender in items(node.get("from")) {
        let Some(text) = sender.text() else { continue };
        if is_sender(text) {
            from.push(text.trim().to_string());
        } else {
            let message = format!("`{text}` is not a number texts can come from");
            reader.report("E0604", sender.span, message, in_full(text, region));
        }
    }
    let settings = entries(Some(node))
        .iter()
        .filter(|entry| !OURS.contains(&entry.key.as_str()))
        .filter_map(|entry| {
            let value: Vec<&str> = texts_of(Some(&entry.value)).collect();
            // Several secrets are kept in one setting; none holds a comma.
            (!value.is_empty()).then(|| (Name::from(entry.key.as_str()), value.join(",")))
        })
        .collect();
    let rate = |key: &str| node.get(key).and_then(Node::text).and_then(per_second);
    let carrier = text_of(node.get("carrier")).unwrap_or_else(|| "sandbox".into());
    Channel {
        carrier: Name::from(carrier),
        from,
        settings,
        rate: rate("rate"),
        number_rate: rate("number_rate"),
        failover: text_of(node.get("failover")).map(Name::from),
        api: text_of(node.get("api")).map(|url| url.trim_end_matches('/').to_string()),
    }
}

/// A number in E.164, a short code of 3 to 8 digits, or a sender's name of up to 11 characters.
fn is_sender(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('+') {
        return text.parse::<PhoneNumber>().is_ok();
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return (3..=8).contains(&text.len());
    }
    text.len() <= 11
        && text.contains(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '&' | '.'))
}

/// How the number should have been written.
pub fn in_full(text: &str, region: &str) -> String {
    match PhoneNumber::parse_loose(text, region) {
        Ok(number) => format!("write \"{number}\", in quotes"),
        Err(_) => "write it with its country and in quotes, such as \"+13125550100\"".into(),
    }
}

pub fn email(reader: &mut Reader, node: Option<&Node>) -> Option<EmailSettings> {
    let node = node?;
    for key in ["from", "reply_to"] {
        if let Some(address) = node.get(key)
            && !is_address(address.text().unwrap_or_default())
        {
            let message = format!("`{}` is not an email address", address.text()?);
            let help = "write it as \"Northside <hello@northside.example>\"".to_string();
            reader.report("E0611", address.span, message, help);
        }
    }
    if let Some(smtp) = node.get("smtp")
        && !smtp.text().is_some_and(is_mail_server)
    {
        // The text may hold a password: it is not repeated.
        let message = "this is not a mail server's address".to_string();
        let help = "it should read smtp://user:password@host:587 or smtps://…:465".to_string();
        reader.report("E0609", smtp.span, message, help);
    }
    if let Some(entry) = node.entry("ca")
        && node.get("smtp").is_none()
    {
        let message = "`ca` is of no use without `smtp`".to_string();
        let help = "write `smtp:` beside it, or take `ca` out".to_string();
        reader.report("E0609", entry.key_span, message, help);
    }
    for secret in items(node.get("inbound_secret")) {
        if secret
            .text()
            .is_some_and(|text| text.len() < INBOUND_SECRET_LEN_MIN)
        {
            let message = "this is too short for a secret".to_string();
            let help = format!("use {INBOUND_SECRET_LEN_MIN} characters or more, drawn at random");
            reader.report("E0609", secret.span, message, help);
        }
    }
    Some(EmailSettings {
        from: text_of(node.get("from"))?,
        smtp: text_of(node.get("smtp")),
        reply_to: text_of(node.get("reply_to")),
        ca: text_of(node.get("ca")),
        inbound_secrets: texts_of(node.get("inbound_secret"))
            .map(str::to_string)
            .collect(),
        postal_address: text_of(node.get("postal_address")),
    })
}

/// `a@b.example`, alone or behind a name in angle brackets.
pub fn is_address(text: &str) -> bool {
    let text = text.trim();
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or(""),
        None => text,
    };
    address.split_once('@').is_some_and(|(user, host)| {
        let plain = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '@' | ',');
        !user.is_empty() && host.len() > 2 && address.matches('@').count() == 1 && {
            user.chars().all(plain) && host.chars().all(plain) && host.contains('.')
        }
    })
}

/// Shorter ones can be guessed.
const INBOUND_SECRET_LEN_MIN: usize = 16;

/// `smtp://user:password@host:587`: a scheme, a host, a port that is a number; a user with a password.
fn is_mail_server(text: &str) -> bool {
    let rest = ["smtp://", "smtps://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest.filter(|rest| !rest.contains(char::is_whitespace)) else {
        return false;
    };
    let rest = rest.split(['/', '?', '#']).next().unwrap_or("");
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let well_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    !host.is_empty() && well_port && login.is_none_or(|login| login.contains(':'))
}
