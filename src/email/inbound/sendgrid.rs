//! SendGrid: Inbound Parse as a form, and the Event Webhook as a list in JSON.
//! Source: twilio.com/docs/sendgrid, "Setting up the Inbound Parse Webhook", "Event Webhook reference".

use serde_json::Value as Json;

use super::{Form, Headers, Incoming, Mail, Parts, Returned, str_of};

pub fn mail(form: &Form) -> Mail {
    Parts {
        headers: Headers::lines(&unfolded(form.get("headers"))),
        service_id: "",
        from: form.get("from"),
        // The envelope knows whom it was really sent to.
        to: format!(
            "{} {} {}",
            form.get("to"),
            form.get("cc"),
            form.get("envelope")
        ),
        subject: form.get("subject"),
        text: form.get("text"),
        html: form.get("html"),
        stripped: "",
    }
    .mail()
}

/// Lines that go on are joined to those that they go on from (RFC 5322).
fn unfolded(headers: &str) -> String {
    headers
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ")
}

pub fn event(json: &Json) -> Option<Incoming> {
    let returned = Returned {
        address: str_of(json, "email").to_string(),
        names: format!("{} {}", str_of(json, "smtp-id"), str_of(json, "effect")),
        error: str_of(json, "reason").to_string(),
    };
    match (str_of(json, "event"), str_of(json, "type")) {
        // Blocked is for this time.
        ("bounce", "blocked") => None,
        ("bounce", _) => Some(Incoming::Bounce(returned)),
        ("dropped", _) => match str_of(json, "reason") {
            "Bounced Address" | "Invalid" => Some(Incoming::Bounce(returned)),
            "Unsubscribed Address" => Some(Incoming::Unsubscribed(returned)),
            "Spam Reporting Address" => Some(Incoming::Complaint(returned)),
            _ => None,
        },
        ("spamreport", _) => Some(Incoming::Complaint(returned)),
        ("unsubscribe" | "group_unsubscribe", _) => Some(Incoming::Unsubscribed(returned)),
        _ => None,
    }
}
