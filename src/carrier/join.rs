//! Joining the parts of a long text, from carriers that hand them over one by one.
//!
//! Pure: whoever calls passes `now`, and keeps the parts where a crash does not lose them. Parts
//! come in any order and more than once. After `JOIN_WITHIN` what is there is joined as it is: a
//! lead's STOP must not wait for a part that was lost. Reference numbers are small and come round
//! again, so parts further apart than that belong to different texts.

use crate::lead::PhoneNumber;
use crate::time::{Duration, Timestamp};

/// How long the first part waits for the others.
pub const JOIN_WITHIN: Duration = Duration::secs(30);
/// Most parts one text may have: the field in the message's header is one byte.
pub const PARTS_MAX: u8 = 255;
/// Most texts that wait at once in a `Joiner`; the oldest gives way.
const WAITING_MAX: usize = 1000;
/// Stands for parts between others that never came. At the ends nothing does: half of a STOP reads
/// as a STOP.
const GAP: &str = " … ";

/// One part, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundPart {
    /// The carrier's id of this part.
    pub id: String,
    pub from: PhoneNumber,
    pub to: String,
    pub text: String,
    pub at: Option<Timestamp>,
    /// What the parts of one text have in common.
    pub reference: String,
    /// From 1 to `total`.
    pub number: u8,
    pub total: u8,
}

impl InboundPart {
    /// Whether both belong to one text, if they came near enough to each other.
    pub fn belongs(&self, other: &InboundPart) -> bool {
        self.from == other.from
            && self.to == other.to
            && self.reference == other.reference
            && self.total == other.total
    }
}

/// A text whose parts were joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The id of the part that comes first in the text.
    pub id: String,
    pub from: PhoneNumber,
    pub to: String,
    pub text: String,
    pub at: Option<Timestamp>,
    /// How many parts never came.
    pub missing: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// Parts are missing; ask again when one comes, or then.
    Waiting {
        until: Timestamp,
    },
    Whole(Whole),
}

/// What these parts of one text come to, the first of which came at `since`. `None` without parts.
pub fn join(parts: &[InboundPart], since: Timestamp, now: Timestamp) -> Option<Joined> {
    let total = parts.first()?.total.max(1);
    let place = |n: u8| parts.iter().find(|part| part.number == n);
    let missing = (1..=total).filter(|n| place(*n).is_none()).count();
    let until = since + JOIN_WITHIN;
    if missing > 0 && now < until {
        return Some(Joined::Waiting { until });
    }
    let first = (1..=total).find_map(place).or(parts.first())?;
    let mut text = String::new();
    let mut last = 0;
    for (n, part) in (1..=total).filter_map(|n| Some((n, place(n)?))) {
        if last > 0 && n > last + 1 {
            text.push_str(GAP);
        }
        text.push_str(&part.text);
        last = n;
    }
    Some(Joined::Whole(Whole {
        id: first.id.clone(),
        from: first.from,
        to: first.to.clone(),
        text,
        at: first.at,
        missing: u8::try_from(missing).unwrap_or(PARTS_MAX),
    }))
}

/// Keeps parts in memory until they are whole or their time is up.
#[derive(Debug, Default)]
pub struct Joiner {
    /// In the order their first parts came.
    waiting: Vec<(Timestamp, Vec<InboundPart>)>,
}

impl Joiner {
    /// Takes a part in. Gives the texts that are ready now: the one it completes, and those whose
    /// time is up.
    pub fn add(&mut self, part: InboundPart, now: Timestamp) -> Vec<Whole> {
        let mut ready = self.due(now);
        let known = self
            .waiting
            .iter_mut()
            .find(|(_, parts)| parts[0].belongs(&part));
        match known {
            // The carrier repeats itself.
            Some((_, parts)) if parts.iter().any(|known| known.number == part.number) => {}
            Some((_, parts)) => parts.push(part),
            None => self.waiting.push((now, vec![part])),
        }
        ready.extend(self.take(now));
        if self.waiting.len() > WAITING_MAX {
            let (since, parts) = self.waiting.remove(0);
            ready.extend(whole(join(&parts, since, since + JOIN_WITHIN)));
        }
        ready
    }

    /// The texts whose time is up.
    pub fn due(&mut self, now: Timestamp) -> Vec<Whole> {
        self.take(now)
    }

    /// When to ask again, if anything waits.
    pub fn next(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(since, _)| *since + JOIN_WITHIN)
    }

    fn take(&mut self, now: Timestamp) -> Vec<Whole> {
        let mut ready = Vec::new();
        self.waiting.retain(|(since, parts)| {
            let done = whole(join(parts, *since, now));
            let keep = done.is_none();
            ready.extend(done);
            keep
        });
        ready
    }
}

fn whole(joined: Option<Joined>) -> Option<Whole> {
    match joined? {
        Joined::Whole(whole) => Some(whole),
        Joined::Waiting { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u8, total: u8, text: &str) -> InboundPart {
        InboundPart {
            id: format!("id{number}"),
            from: "+447700900001".parse().unwrap(),
            to: "+447700900000".to_string(),
            text: text.to_string(),
            at: None,
            reference: "108".to_string(),
            number,
            total,
        }
    }

    #[test]
    fn parts_are_joined_in_any_order_and_when_their_time_is_up() {
        for (parts, ask_after_s, text, missing) in [
            (vec![(1, "Hello "), (2, "world")], 0, Some("Hello world"), 0),
            (vec![(2, "world"), (1, "Hello ")], 0, Some("Hello world"), 0),
            (
                vec![(2, "world"), (2, "world"), (1, "Hello ")],
                0,
                Some("Hello world"),
                0,
            ),
            (vec![(2, "world")], 29, None, 0),
            (vec![(2, "world")], 30, Some("world"), 1),
            (vec![(1, "STOP")], 30, Some("STOP"), 1),
        ] {
            let start = Timestamp::from_ms(1_000_000);
            let mut joiner = Joiner::default();
            let mut got = Vec::new();
            for (number, text) in &parts {
                got.extend(joiner.add(part(*number, 2, text), start));
            }
            got.extend(joiner.due(start + Duration::secs(ask_after_s)));
            let texts: Vec<&str> = got.iter().map(|whole| whole.text.as_str()).collect();
            assert_eq!(texts, text.into_iter().collect::<Vec<_>>(), "{parts:?}");
            assert!(
                got.iter().all(|whole| whole.missing == missing),
                "{parts:?}"
            );
        }
    }

    #[test]
    fn a_reference_that_comes_round_again_begins_a_new_text() {
        let start = Timestamp::from_ms(1_000_000);
        let mut joiner = Joiner::default();
        assert!(joiner.add(part(1, 2, "old"), start).is_empty());
        let later = start + Duration::mins(1);
        let got = joiner.add(part(2, 2, "new"), later);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].text, "old");
        assert_eq!(joiner.next(), Some(later + JOIN_WITHIN));
    }

    #[test]
    fn a_part_that_never_came_leaves_a_gap_between_the_others() {
        let start = Timestamp::from_ms(0);
        let parts = [part(4, 5, "d"), part(1, 5, "a"), part(5, 5, "e")];
        let Some(Joined::Whole(whole)) = join(&parts, start, start + JOIN_WITHIN) else {
            panic!("its time is up")
        };
        assert_eq!(
            (whole.text.as_str(), whole.missing, whole.id.as_str()),
            ("a … de", 2, "id1")
        );
        assert_eq!(join(&[], start, start), None);
    }

    #[test]
    fn texts_that_wait_are_bounded() {
        let start = Timestamp::from_ms(1_000_000);
        let mut joiner = Joiner::default();
        let mut ready = 0;
        for n in 0..WAITING_MAX + 5 {
            let mut one = part(1, 2, "x");
            one.reference = n.to_string();
            ready += joiner.add(one, start).len();
        }
        assert_eq!((ready, joiner.waiting.len()), (5, WAITING_MAX));
    }
}
