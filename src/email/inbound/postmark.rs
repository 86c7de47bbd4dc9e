//! Postmark: inbound webhook, and the webhooks about what we sent. It signs nothing: it logs in with the
//! user and password of the address it was given.
//! Source: postmarkapp.com/developer, "Inbound webhook", "Bounce webhook", "Spam complaint webhook",
//! "Subscription change webhook".

use serde_json::Value as Json;

use super::{Headers, Incoming, Mail, Parts, Returned, str_of};

/// Types of bounce after which no mail will ever arrive.
const FOR_GOOD: [&str; 2] = ["HardBounce", "BadEmailAddress"];

pub fn mail(json: &Json) -> Mail {
    let headers = json["Headers"].as_array().into_iter().flatten();
    let headers = headers.map(|header| (str_of(header, "Name"), str_of(header, "Value")));
    let to = ["To", "Cc", "OriginalRecipient", "MailboxHash"];
    let to: Vec<&str> = to.iter().map(|name| str_of(json, name)).collect();
    let mut headers: Vec<_> = headers.collect();
    headers.push(("Date", str_of(json, "Date")));
    Parts {
        headers: Headers(headers),
        service_id: str_of(json, "MessageID"),
        from: str_of(json, "From"),
        to: to.join(" "),
        subject: str_of(json, "Subject"),
        text: str_of(json, "TextBody"),
        html: str_of(json, "HtmlBody"),
        stripped: str_of(json, "StrippedTextReply"),
    }
    .mail()
}

/// `None` for what changes nothing: a delivery, a mailbox that is full for now.
pub fn record(json: &Json) -> Option<Incoming> {
    let returned = |address: &str| Returned {
        address: str_of(json, address).to_string(),
        names: json["Metadata"].to_string(),
        error: match str_of(json, "Description") {
            "" => str_of(json, "SuppressionReason").to_string(),
            described => described.to_string(),
        },
    };
    match str_of(json, "RecordType") {
        "Bounce" if FOR_GOOD.contains(&str_of(json, "Type")) => {
            Some(Incoming::Bounce(returned("Email")))
        }
        "SpamComplaint" => Some(Incoming::Complaint(returned("Email"))),
        "SubscriptionChange" if json["SuppressSending"] == true => {
            let told = returned("Recipient");
            Some(match str_of(json, "SuppressionReason") {
                "HardBounce" => Incoming::Bounce(told),
                "SpamComplaint" => Incoming::Complaint(told),
                _ => Incoming::Unsubscribed(told),
            })
        }
        _ => None,
    }
}
