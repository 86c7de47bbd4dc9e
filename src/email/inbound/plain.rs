//! Our own JSON, for a mail server or a script of the business's own; signed as in Standard Webhooks.
//!
//! An email: `{ "id", "from", "to", "subject"?, "text", "html"?, "in_reply_to"?, "references"?,
//! "automatic"?, "at"? }`; `to` and `references` are texts or lists of texts. A bounce or a complaint:
//! `{ "type": "bounce" | "complaint" | "unsubscribe", "address", "message_id"?, "error"? }`.

use serde_json::Value as Json;

use super::{Headers, Incoming, Parts, Returned, Unreadable, str_of};

pub fn read(json: &Json) -> Result<Vec<Incoming>, Unreadable> {
    let kind = str_of(json, "type");
    let returned = || {
        let address = str_of(json, "address");
        let returned = Returned {
            address: address.to_string(),
            names: str_of(json, "message_id").to_string(),
            error: str_of(json, "error").to_string(),
        };
        match address.contains('@') {
            true => Ok(returned),
            false => Err(Unreadable("`address` is missing")),
        }
    };
    Ok(vec![match kind {
        "bounce" => Incoming::Bounce(returned()?),
        "complaint" => Incoming::Complaint(returned()?),
        "unsubscribe" => Incoming::Unsubscribed(returned()?),
        "" | "email" => mail(json)?,
        _ => {
            return Err(Unreadable(
                "`type` is none of email, bounce, complaint, unsubscribe",
            ));
        }
    }])
}

fn mail(json: &Json) -> Result<Incoming, Unreadable> {
    if str_of(json, "id").trim().is_empty() {
        return Err(Unreadable("`id`, the email's Message-ID, is missing"));
    }
    if !json["text"].is_string() && !json["html"].is_string() {
        return Err(Unreadable("`text` is missing"));
    }
    let references = joined(&json["references"]);
    let automatic = if json["automatic"] == true {
        "auto-replied"
    } else {
        ""
    };
    let headers = Headers(vec![
        ("In-Reply-To", str_of(json, "in_reply_to")),
        ("References", &references),
        ("Auto-Submitted", automatic),
        ("Date", str_of(json, "at")),
    ]);
    Ok(Incoming::Mail(
        Parts {
            headers,
            service_id: str_of(json, "id"),
            from: str_of(json, "from"),
            to: joined(&json["to"]),
            subject: str_of(json, "subject"),
            text: str_of(json, "text"),
            html: str_of(json, "html"),
            stripped: "",
        }
        .mail(),
    ))
}

fn joined(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}
