//! In which order texts leave that are due at once: answers before campaigns, and between campaigns
//! each in its turn, so that a long one starves nobody.

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
/// The fewest of a flow that are kept in sight.
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
    pub lane: Lane,
    pub flow: Name,
    /// Of a text: the channel and number it will likely go by.
    pub channel: Option<Name>,
    pub number: Option<String>,
    pub parts: u8,
}

impl Waits {
    /// A row of which nothing need be known.
    pub fn plain(lead: PhoneNumber, seq: Seq) -> Self {
        Self {
            lead,
            seq,
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
        let plain = Self::plain(lead, seq);
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

/// How much each flow has sent while others waited.
#[derive(Default)]
pub struct Turns {
    sent: HashMap<Name, u64>,
    /// When the last of a flow that gave way comes back.
    back: HashMap<Name, Timestamp>,
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

    /// Of campaigns that fill the sight of `window` rows: those to come back later, and when, so that
    /// what falls due meanwhile is seen. `left` are in order and could not leave now.
    pub fn give_way(
        &mut self,
        left: &[Waits],
        workspace: &Workspace,
        window: usize,
        now: Timestamp,
    ) -> Vec<(PhoneNumber, Seq, Timestamp)> {
        self.back.retain(|_, back| *back > now);
        let campaigns = || left.iter().filter(|waits| waits.lane == Lane::Campaign);
        let mut counts: HashMap<&Name, usize> = HashMap::new();
        for waits in campaigns() {
            counts.entry(&waits.flow).or_default();
        }
        let kept = (window / 2 / counts.len().max(1)).max(KEPT_MIN);
        let mut away = Vec::new();
        for waits in campaigns() {
            let Some(count) = counts.get_mut(&waits.flow) else {
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
            let rate = rate.unwrap_or(COMES_BACK_PER_SECOND);
            let secs = |parts: f64| Duration::from_ms((parts * 1000.0 / rate).ceil() as i64);
            // By then those in sight have left.
            let first = now + secs(kept as f64);
            let back = self.back.entry(waits.flow.clone()).or_insert(first);
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
