//! In which order texts leave that are due at once: answers before campaigns, and between campaigns
//! each in its turn, so that a long one starves nobody. And how many rows of each kind may be under way,
//! so that webhooks or a mail server that hang leave room for texts.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::conversation::{Effect, Seq};
use crate::flow::workspace::Workspace;
use crate::lead::{Name, PhoneNumber};
use crate::policy::Purpose;
use crate::runtime::senders;
use crate::store::{RowBody, RowKind, Store, StoreError};
use crate::time::{Duration, Timestamp};

/// A text within so long of the lead's own is an answer.
const ANSWERS_WITHIN: Duration = Duration::mins(15);
/// How many rows before a text are searched for the lead's own.
const LOOK_BACK: Seq = 8;
/// Of a channel without a rate: how many a second those that give way come back.
const COMES_BACK_PER_SECOND: f64 = 500.0;
/// Of what is no text: how many a second of a kind that give way come back.
const KIND_COMES_BACK_PER_SECOND: f64 = 50.0;
/// The fewest of a flow or a kind that are kept in sight.
const KEPT_MIN: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Somebody waits for it: the answer to a reply, an agent's words, an alert, a call.
    Answer,
    Campaign,
}

/// An outgoing row that is due, with what its turn depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Waits {
    pub lead: PhoneNumber,
    pub seq: Seq,
    pub kind: RowKind,
    pub lane: Lane,
    pub flow: Name,
    /// Of a text: the channel and number it will likely go by.
    pub channel: Option<Name>,
    pub number: Option<String>,
    pub parts: u8,
}

impl Waits {
    /// A row of which nothing need be known.
    pub fn plain(lead: PhoneNumber, seq: Seq, kind: RowKind) -> Self {
        Self {
            lead,
            seq,
            kind,
            lane: Lane::Answer,
            flow: Name::default(),
            channel: None,
            number: None,
            parts: 0,
        }
    }

    pub fn read(
        store: &dyn Store,
        workspace: &Workspace,
        lead: PhoneNumber,
        seq: Seq,
    ) -> Result<Self, StoreError> {
        let plain = Self::plain(lead, seq, RowKind::Sms);
        let before = seq.saturating_sub(LOOK_BACK + 1);
        let mut rows = store.timeline(lead, None, before, LOOK_BACK as usize + 1)?;
        let Some(row) = rows
            .iter()
            .position(|row| row.seq == seq)
            .map(|place| rows.swap_remove(place))
        else {
            return Ok(plain);
        };
        let RowBody::Outgoing(Effect::Sms(message), sending) = row.body else {
            return Ok(plain);
        };
        let answers = rows.iter().any(|earlier| {
            earlier.body.kind() == RowKind::Reply
                && earlier.seq < seq
                && row.at.since(earlier.at) <= ANSWERS_WITHIN
        });
        let flow = match row.conversation {
            Some(id) => store
                .conversation(id)?
                .map(|conversation| conversation.flow),
            None => None,
        };
        let record = store.lead(lead)?;
        let known = record.as_ref().and_then(|record| record.channel.as_ref());
        let channel = senders::channel(workspace, message.channel.as_ref(), known);
        let number = channel.and_then(|name| {
            let ours = record
                .as_ref()
                .and_then(|record| record.our_number.as_ref());
            senders::number(workspace.channels.get(name)?, ours, lead)
        });
        Ok(Self {
            lane: match answers || message.purpose != Purpose::Flow {
                true => Lane::Answer,
                false => Lane::Campaign,
            },
            flow: flow.unwrap_or_default(),
            channel: channel.cloned(),
            number: number.cloned(),
            parts: sending.parts,
            ..plain
        })
    }
}

/// Outgoing rows under way at once.
pub const UNDER_WAY_MAX: usize = 64;
/// Of them, texts of campaigns by one channel: a carrier that is slow leaves room for others.
const CAMPAIGN_MAX: usize = 40;
/// Of one kind that is no text to a lead.
const KIND_MAX: usize = 24;
/// Of all that is no text to a lead.
const NO_TEXTS_MAX: usize = 48;
/// Of that, what tells no agent.
const NO_ALERTS_MAX: usize = 40;

/// A row under way: what counts of it against others.
#[derive(Debug, Clone, PartialEq)]
pub struct Going {
    pub kind: RowKind,
    pub channel: Option<Name>,
}

/// Whether a row may begin beside those that are under way.
pub fn has_room<'g>(waits: &Waits, under_way: impl Iterator<Item = &'g Going>) -> bool {
    let (mut all, mut texts, mut alerts, mut of_kind, mut by_channel) = (0, 0, 0, 0, 0);
    for going in under_way {
        all += 1;
        texts += usize::from(going.kind == RowKind::Sms);
        alerts += usize::from(going.kind == RowKind::Alert);
        of_kind += usize::from(going.kind == waits.kind);
        by_channel += usize::from(going.channel == waits.channel);
    }
    let no_texts = all - texts;
    all < UNDER_WAY_MAX
        && match waits.kind {
            RowKind::Sms => waits.lane == Lane::Answer || by_channel < CAMPAIGN_MAX,
            RowKind::Alert => of_kind < KIND_MAX && no_texts < NO_TEXTS_MAX,
            _ => {
                let others = no_texts - alerts;
                of_kind < KIND_MAX && no_texts < NO_TEXTS_MAX && others < NO_ALERTS_MAX
            }
        }
}

/// How much each flow has sent while others waited.
#[derive(Default)]
pub struct Turns {
    sent: HashMap<Name, u64>,
    /// When the last of a flow, or of a kind, that gave way comes back.
    back: HashMap<(RowKind, Name), Timestamp>,
}

impl Turns {
    /// The rows in the order in which they should leave.
    pub fn order(&mut self, waits: Vec<Waits>) -> Vec<Waits> {
        let (mut ordered, campaigns): (Vec<Waits>, Vec<Waits>) = waits
            .into_iter()
            .partition(|waits| waits.lane == Lane::Answer);
        let mut flows: BTreeMap<Name, VecDeque<Waits>> = BTreeMap::new();
        for waits in campaigns {
            flows
                .entry(waits.flow.clone())
                .or_default()
                .push_back(waits);
        }
        self.sent.retain(|flow, _| flows.contains_key(flow));
        // Who comes new has no claim on the past.
        let least = self.sent.values().min().copied().unwrap_or(0);
        let mut sent: BTreeMap<&Name, u64> = BTreeMap::new();
        for flow in flows.keys() {
            let known = *self.sent.entry(flow.clone()).or_insert(least);
            sent.insert(flow, known);
        }
        let mut places: BTreeMap<Name, u64> = sent
            .into_iter()
            .map(|(flow, sent)| (flow.clone(), sent))
            .collect();
        while let Some(flow) = places
            .iter()
            .min_by_key(|(_, sent)| **sent)
            .map(|(flow, _)| flow.clone())
        {
            match flows.get_mut(&flow).and_then(VecDeque::pop_front) {
                Some(waits) => {
                    if let Some(sent) = places.get_mut(&flow) {
                        *sent += u64::from(waits.parts.max(1));
                    }
                    ordered.push(waits);
                }
                None => {
                    places.remove(&flow);
                }
            }
        }
        ordered
    }

    pub fn left(&mut self, waits: &Waits) {
        if let (Lane::Campaign, Some(sent)) = (waits.lane, self.sent.get_mut(&waits.flow)) {
            *sent += u64::from(waits.parts.max(1));
        }
    }

    /// Of campaigns, and of what is no text, that fill the sight of `window` rows: those to come back
    /// later, and when, so that what falls due meanwhile is seen. `left` are in order and could not leave now.
    pub fn give_way(
        &mut self,
        left: &[Waits],
        workspace: &Workspace,
        window: usize,
        now: Timestamp,
    ) -> Vec<(PhoneNumber, Seq, Timestamp)> {
        self.back.retain(|_, back| *back > now);
        let is_text = |waits: &Waits| waits.kind == RowKind::Sms;
        let many = |waits: &&Waits| waits.lane == Lane::Campaign || !is_text(waits);
        let mut counts: HashMap<(RowKind, &Name), usize> = HashMap::new();
        for waits in left.iter().filter(many) {
            counts.entry((waits.kind, &waits.flow)).or_default();
        }
        let kept = (window / 2 / counts.len().max(1)).max(KEPT_MIN);
        let mut away = Vec::new();
        for waits in left.iter().filter(many) {
            let Some(count) = counts.get_mut(&(waits.kind, &waits.flow)) else {
                continue;
            };
            *count += 1;
            if *count <= kept {
                continue;
            }
            let channel = waits
                .channel
                .as_ref()
                .and_then(|c| workspace.channels.get(c));
            let rate = channel.and_then(|channel| channel.rate);
            let rate = rate.unwrap_or(match is_text(waits) {
                true => COMES_BACK_PER_SECOND,
                false => KIND_COMES_BACK_PER_SECOND,
            });
            let secs = |parts: f64| Duration::from_ms((parts * 1000.0 / rate).ceil() as i64);
            // By then those in sight have left.
            let first = now + secs(kept as f64);
            let of = (waits.kind, waits.flow.clone());
            let back = self.back.entry(of).or_insert(first);
            *back = (*back).max(first) + secs(f64::from(waits.parts.max(1)));
            away.push((waits.lead, waits.seq, *back));
        }
        away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u64, lane: Lane, flow: &str, parts: u8) -> Waits {
        Waits {
            lane,
            flow: flow.into(),
            parts,
            ..Waits::plain(
                PhoneNumber::from_digits(13_125_550_000 + n).unwrap(),
                n as Seq,
                RowKind::Sms,
            )
        }
    }

    fn seqs(waits: &[Waits]) -> Vec<Seq> {
        waits.iter().map(|waits| waits.seq).collect()
    }

    #[test]
    fn answers_go_first_and_campaigns_in_turn() {
        use Lane::{Answer, Campaign};
        let mut turns = Turns::default();
        let all = vec![
            row(1, Campaign, "a", 1),
            row(2, Campaign, "a", 1),
            row(3, Campaign, "a", 1),
            row(4, Campaign, "b", 1),
            row(5, Answer, "b", 1),
            row(6, Campaign, "b", 1),
        ];
        assert_eq!(seqs(&turns.order(all)), [5, 1, 4, 2, 6, 3]);
    }

    #[test]
    fn a_flow_that_comes_later_has_its_share_at_once_and_no_more() {
        let mut turns = Turns::default();
        let of =
            |flow: &'static str, from: u64| (from..from + 50).map(move |n| (n, flow.to_string()));
        let rows = |it: &mut dyn Iterator<Item = (u64, String)>| -> Vec<Waits> {
            it.map(|(n, flow)| row(n, Lane::Campaign, &flow, 1))
                .collect()
        };
        for _ in 0..200 {
            let first = turns.order(rows(&mut of("long", 0))).remove(0);
            turns.left(&first);
        }
        let mut sent: HashMap<Name, u32> = HashMap::new();
        for _ in 0..100 {
            let both = rows(&mut of("long", 0).chain(of("short", 100)));
            let first = turns.order(both).remove(0);
            turns.left(&first);
            *sent.entry(first.flow).or_default() += 1;
        }
        assert_eq!(sent["short"], 50);
        assert_eq!(sent["long"], 50);
    }

    #[test]
    fn parts_are_what_is_shared() {
        let mut turns = Turns::default();
        let mut all: Vec<Waits> = (0..9).map(|n| row(n, Lane::Campaign, "long", 3)).collect();
        all.extend((10..19).map(|n| row(n, Lane::Campaign, "short", 1)));
        let first: Vec<Waits> = turns.order(all).into_iter().take(8).collect();
        let long = first.iter().filter(|waits| &*waits.flow == "long").count();
        assert_eq!(long, 2);
    }

    fn going(kind: RowKind, count: usize) -> Vec<Going> {
        let channel = (kind == RowKind::Sms).then(|| Name::from("m"));
        vec![Going { kind, channel }; count]
    }

    #[test]
    fn whatever_hangs_leaves_room_for_texts_and_alerts() {
        use RowKind::{Alert, Call, Email, Notify, Slots, Sms};
        let kinds = [Sms, Alert, Email, Call, Slots, Notify];
        // What is under way when as many of these as may have begun, in this order; and what still may.
        for (begun, has) in [
            (vec![Notify], vec![Sms, Alert, Email, Call, Slots]),
            (vec![Notify, Email], vec![Sms, Alert]),
            (vec![Notify, Email, Call, Slots], vec![Sms, Alert]),
            (vec![Alert], vec![Sms, Email, Call, Slots, Notify]),
            (vec![Alert, Notify, Email, Call, Slots], vec![Sms]),
            (vec![Sms], vec![]),
        ] {
            let mut under_way = Vec::new();
            let may = |kind: RowKind, under_way: &[Going]| {
                let lead = PhoneNumber::from_digits(13_125_550_142).unwrap();
                has_room(&Waits::plain(lead, 1, kind), under_way.iter())
            };
            for kind in &begun {
                while may(*kind, &under_way) {
                    under_way.extend(going(*kind, 1));
                }
            }
            let room: Vec<RowKind> = kinds
                .into_iter()
                .filter(|kind| may(*kind, &under_way))
                .collect();
            assert_eq!(room, has, "after {begun:?}: {}", under_way.len());
        }
    }

    #[test]
    fn a_campaign_by_one_channel_leaves_room_for_answers_and_other_channels() {
        let campaign = |channel: &str| Waits {
            channel: Some(channel.into()),
            ..row(1, Lane::Campaign, "a", 1)
        };
        let under_way = going(RowKind::Sms, CAMPAIGN_MAX);
        assert!(!has_room(&campaign("m"), under_way.iter()));
        assert!(has_room(&campaign("other"), under_way.iter()));
        let answer = Waits {
            lane: Lane::Answer,
            ..campaign("m")
        };
        assert!(has_room(&answer, under_way.iter()));
    }

    #[test]
    fn webhooks_that_fill_the_sight_give_way_and_answers_do_not() {
        let workspace = Workspace::default();
        let of_kind = |n: u64, kind| Waits {
            kind,
            ..row(n, Lane::Answer, "", 0)
        };
        let mut left: Vec<Waits> = (0..500).map(|n| of_kind(n, RowKind::Notify)).collect();
        left.extend((500..512).map(|n| of_kind(n, RowKind::Sms)));
        let away = Turns::default().give_way(&left, &workspace, 512, Timestamp::from_ms(0));
        assert_eq!(away.len(), 500 - 256);
        assert!(away.iter().all(|(_, seq, _)| *seq < 500));
        let (first, last) = (away[0].2, away[away.len() - 1].2);
        assert_eq!(
            (last - Duration::from_ms(243 * 20)),
            first,
            "in their order"
        );
    }

    #[test]
    fn what_fills_the_sight_gives_way_by_its_channels_rate() {
        let workspace = crate::flow::workspace::read(
            "workspace.yaml",
            "brand: B\nchannels: { m: { carrier: sandbox, from: '+13125550100', rate: 10/s } }",
            &|_| None,
        )
        .0;
        let now = Timestamp::from_ms(0);
        let mut turns = Turns::default();
        let mut left: Vec<Waits> = (0..40)
            .map(|n| Waits {
                channel: Some("m".into()),
                ..row(n, Lane::Campaign, "a", 1)
            })
            .collect();
        left.push(row(99, Lane::Answer, "a", 1));
        let away = turns.give_way(&left, &workspace, 60, now);
        assert_eq!(away.len(), 10, "30 stay in sight, and the answer");
        let first = away[0].2.as_ms();
        assert_eq!(first, 3_100, "after the 30 that leave before it");
        assert_eq!(away[9].2.as_ms(), first + 900);
        let again = turns.give_way(&left, &workspace, 60, now);
        assert_eq!(
            again[0].2.as_ms(),
            first + 1_000,
            "behind those that went before"
        );
    }
}
