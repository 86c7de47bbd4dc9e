//! What would keep a channel from working, found before the first text: its adapter builds one as it
//! would be sent, and looks at a webhook that nobody signed. Nothing leaves.

use crate::carrier::{Carrier, EffectRef, OutgoingSms, RawRequest, Settings, Trust};
use crate::lead::PhoneNumber;
use crate::time::Timestamp;

/// How every adapter begins to say that a setting is missing.
const LACKS: &str = "the channel has no";

/// Why no text could be sent by the channel, or no webhook of it believed.
pub fn rehearse(carrier: &dyn Carrier, settings: &Settings, from: Option<&str>) -> Option<String> {
    if carrier.trust() == Trust::ThisMachine {
        return None;
    }
    let now = Timestamp::from_ms(0);
    let to = "+13125550143";
    let lead: PhoneNumber = to.parse().ok()?;
    let text = OutgoingSms {
        effect: EffectRef { lead, seq: 1 },
        to,
        from,
        text: "Hi",
        media: &[],
        status_url: None,
    };
    if let Err(wrong) = carrier.send(settings, &text, now) {
        return Some(wrong.to_string());
    }
    let unsigned = RawRequest {
        method: "POST".to_string(),
        url: "https://replytree.example/hooks/main/inbound".to_string(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let refused = carrier.verify(settings, &unsigned, now).err()?;
    refused.reason.starts_with(LACKS).then_some(refused.reason)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::lead::Name;

    #[test]
    fn a_channel_without_what_its_carrier_needs_says_so() {
        for (name, settings, wrong) in [
            ("sandbox", "", None),
            ("webhook", "secret=whsec_c2VjcmV0", Some("no `api`")),
            (
                "webhook",
                "api=https://g.example secret=geheim",
                Some("`whsec_` followed by base64"),
            ),
            (
                "webhook",
                "api=https://g.example secret=whsec_c2VjcmV0",
                None,
            ),
            ("twilio", "secret=abc", Some("no `account`")),
            (
                "twilio",
                "account=AC1 api_key=SK1 api_secret=s",
                Some("no `secret`"),
            ),
            ("twilio", "account=AC1 secret=abc", None),
            ("vonage", "api_key=k api_secret=s", Some("no `secret`")),
            ("plivo", "account=MA1 secret=abc", None),
            ("telnyx", "public_key=abc", Some("no `token`")),
        ] {
            let carrier = crate::carrier::find(name).unwrap();
            let values: BTreeMap<Name, String> = settings
                .split_whitespace()
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (Name::from(key), value.to_string()))
                .collect();
            let settings = Settings {
                values: &values,
                api: values.get("api").map(String::as_str),
            };
            let found = rehearse(carrier, &settings, Some("+13125550100"));
            match wrong {
                None => assert_eq!(found, None, "{name}: {values:?}"),
                Some(wrong) => {
                    let found = found.unwrap_or_default();
                    assert!(found.contains(wrong), "{name}: {values:?}: {found}");
                }
            }
        }
    }
}
