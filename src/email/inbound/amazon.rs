//! Amazon SES by SNS: bounces and complaints. Mail that SES takes in comes as raw MIME and is not read.
//! Source: docs.aws.amazon.com/ses, "Amazon SNS notification contents".

use serde_json::Value as Json;

use super::{Incoming, Returned, Unreadable, str_of};

pub fn read(envelope: &Json) -> Result<Vec<Incoming>, Unreadable> {
    if str_of(envelope, "Type") == "SubscriptionConfirmation" {
        let url = str_of(envelope, "SubscribeURL").to_string();
        return Ok(vec![Incoming::Confirm { url }]);
    }
    let message: Json = serde_json::from_str(str_of(envelope, "Message"))
        .map_err(|_| Unreadable("`Message` is not JSON"))?;
    let kind = match str_of(&message, "notificationType") {
        "" => str_of(&message, "eventType"),
        kind => kind,
    };
    let names = format!(
        "{} {}",
        message["mail"]["commonHeaders"], message["mail"]["headers"]
    );
    let returned = |recipient: &Json| Returned {
        address: str_of(recipient, "emailAddress").to_string(),
        names: names.clone(),
        error: str_of(recipient, "diagnosticCode").to_string(),
    };
    let (told, complained) = (&message["bounce"], &message["complaint"]);
    Ok(match kind {
        "Bounce" if str_of(told, "bounceType") == "Permanent" => {
            let recipients = told["bouncedRecipients"].as_array().into_iter().flatten();
            recipients
                .map(|one| Incoming::Bounce(returned(one)))
                .collect()
        }
        "Complaint" => {
            let recipients = complained["complainedRecipients"].as_array();
            let recipients = recipients.into_iter().flatten();
            recipients
                .map(|one| Incoming::Complaint(returned(one)))
                .collect()
        }
        _ => Vec::new(),
    })
}
