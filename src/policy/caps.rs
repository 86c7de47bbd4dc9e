//! Caps: the most marketing messages to one lead in a sliding period, over all flows.
//!
//! The workspace's caps and, where the law's hours are kept, those of the lead's region; every one
//! must leave room. A message counts from the moment it left until the period has passed.

use crate::policy::law;
use crate::policy::zones;
use crate::policy::{LeadFacts, MessageKind, Outgoing, QuietHours, Rules};
use crate::time::{Duration, Timestamp};

/// `{ at_most: 3, per: 24h }`; `kind` limits it to one kind of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    pub at_most: u32,
    pub per: Duration,
    pub kind: Option<MessageKind>,
}

impl Cap {
    /// When this cap leaves room again, if it leaves none now. A cap of nothing never does: then
    /// the time to ask again.
    fn hold(&self, lead: &LeadFacts, now: Timestamp) -> Option<Timestamp> {
        let Some(last) = (self.at_most as usize).checked_sub(1) else {
            return Some(now + self.per);
        };
        // Newest first: room comes when the `at_most`-th newest leaves the period.
        let leaves = *lead.sends.get(last)? + self.per;
        (leaves > now).then_some(leaves)
    }
}

/// When the caps leave room again for `out`, if they leave none now.
pub fn hold(out: &Outgoing, lead: &LeadFacts, rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    let place = match rules.quiet_hours {
        QuietHours::ByRegion => [Some(zones::place(lead.phone)), lead.home],
        QuietHours::Between(_) => [None, None],
    };
    let of_law: Vec<law::Laws> = place.into_iter().flatten().map(law::at).collect();
    let of_law = of_law
        .iter()
        .flat_map(law::Laws::iter)
        .filter_map(|law| law.cap.as_ref());
    rules
        .caps
        .iter()
        .chain(of_law)
        .filter(|cap| cap.kind.is_none_or(|kind| kind == out.kind))
        .filter_map(|cap| cap.hold(lead, now))
        .max()
}

/// The longest period any cap may look back, for loading `LeadFacts::sends`.
pub fn longest(rules: &Rules) -> Duration {
    let day = Duration::hours(24);
    rules
        .caps
        .iter()
        .map(|cap| cap.per)
        .fold(day, Duration::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Purpose, Standing};

    const HOUR_MS: i64 = 3_600_000;

    fn room_at(caps: &[(u32, i64)], phone: &str, sent_at_hours: &[i64], now: i64) -> Option<i64> {
        let rules = Rules {
            caps: caps
                .iter()
                .map(|(at_most, hours)| Cap {
                    at_most: *at_most,
                    per: Duration::hours(*hours),
                    kind: None,
                })
                .collect(),
            ..Rules::default()
        };
        let sends: Vec<Timestamp> = sent_at_hours
            .iter()
            .map(|h| Timestamp::from_ms(h * HOUR_MS))
            .collect();
        let out = Outgoing {
            kind: MessageKind::Marketing,
            purpose: Purpose::Flow,
            window: None,
        };
        let lead = LeadFacts {
            phone: phone.parse().unwrap(),
            standing: &Standing::default(),
            zones: &[],
            sends: &sends,
            last_inbound: None,
            replies: &[],
            chosen: None,
            home: None,
        };
        hold(&out, &lead, &rules, Timestamp::from_ms(now * HOUR_MS)).map(|at| at.as_ms() / HOUR_MS)
    }

    #[test]
    fn a_cap_slides_and_leaves_room_when_the_oldest_counted_message_leaves_it() {
        const NY: &str = "+12125550100";
        const FL: &str = "+13055550100";
        for (caps, phone, sent, now, expected) in [
            (&[(3, 24)][..], NY, &[30, 20, 10][..], 31, Some(34)),
            (&[(3, 24)], NY, &[30, 20, 10], 34, None),
            (&[(3, 24)], NY, &[30, 20], 31, None),
            (&[(3, 24)], NY, &[], 31, None),
            (&[(1, 24), (3, 100)], NY, &[30, 20, 10], 31, Some(110)),
            (&[(0, 24)], NY, &[], 31, Some(55)),
            (&[], NY, &[30, 29, 28, 27], 31, None),
            // Florida's own: 3 in 24 hours, whatever the workspace says.
            (&[], FL, &[30, 29, 28, 27], 31, Some(52)),
        ] {
            assert_eq!(
                room_at(caps, phone, sent, now),
                expected,
                "{caps:?} {sent:?} {now}"
            );
        }
    }
}
