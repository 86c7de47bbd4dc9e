//! Replies that nobody understood, grouped for the author of a flow: what was said at which step, how
//! often, and the line of YAML that would catch it.
//!
//! What a text means is told best by those who said it: most leads answer when they are asked again. Else
//! by its words, if they speak for one option alone. Else it is for the author to say.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::conversation::{Conversation, Effect, Entry, Event};
use crate::flow::Flow;
use crate::flow::steps::{Expect, Verb};
use crate::lead::{Name, PhoneNumber};
use crate::reply::{Choice, Reply};
use crate::store::{RepliesQuery, Row, RowBody, Store, StoreError};
use crate::time::Timestamp;

const PAGE: usize = 500;
/// Replies read for one answer; older buckets of a larger store are left out, and it is said.
const REPLIES_MAX: usize = 200_000;
/// What follows a reply is looked at this far.
const ROWS_AFTER_MAX: usize = 12;
/// Of those who answered when asked again, how many in a hundred must have meant the same.
const AGREE_PERCENT: u64 = 60;

/// One text, as said at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Unheard {
    pub step: Name,
    pub locale: Name,
    /// As first written.
    pub text: String,
    pub count: u64,
    pub leads: u64,
    pub last: Timestamp,
    pub suggestion: Suggestion,
}

/// What the author may do about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Suggestion {
    /// Add `words` to this option.
    Words {
        option: Name,
        line: String,
        because: Because,
    },
    /// Nothing points to one option.
    Review,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Because {
    /// So many of those who said it chose this option when asked again.
    AnsweredLater { chose: u64, of: u64 },
    /// Its words speak for the option.
    SimilarWords,
}

/// What there is, most frequent first, and whether every reply was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub groups: Vec<Unheard>,
    pub complete: bool,
}

/// All that was not understood in conversations of this flow since `since`.
pub fn find(store: &dyn Store, flow: &Flow, since: Timestamp) -> Result<Found, StoreError> {
    let mut groups = Groups {
        flow,
        by_text: BTreeMap::new(),
    };
    let mut read = 0;
    for bucket in 0..=u8::MAX {
        let mut query = RepliesQuery {
            bucket,
            after: None,
            since,
            limit: PAGE,
        };
        loop {
            let page = store.replies(&query)?;
            read += page.len();
            let Some(last) = page.last() else { break };
            query.after = Some((last.lead, last.seq));
            let full = page.len() == PAGE;
            for row in &page {
                groups.add(store, row)?;
            }
            if !full || read >= REPLIES_MAX {
                break;
            }
        }
    }
    Ok(Found {
        groups: groups.finish(),
        complete: read < REPLIES_MAX,
    })
}

#[derive(Default)]
struct Group {
    text: String,
    count: u64,
    leads: Vec<PhoneNumber>,
    last: Option<Timestamp>,
    /// What those who said it chose when asked again.
    chose: BTreeMap<String, u64>,
}

struct Groups<'f> {
    flow: &'f Flow,
    /// By step, locale and text as folded.
    by_text: BTreeMap<(Name, Name, String), Group>,
}

impl Groups<'_> {
    fn add(&mut self, store: &dyn Store, row: &Row) -> Result<(), StoreError> {
        let (Some(text), Some(id)) = (unclear_text(row), row.conversation) else {
            return Ok(());
        };
        let Some(conversation) = store.conversation(id)?.filter(|c| c.flow == self.flow.name)
        else {
            return Ok(());
        };
        let after = store.timeline(row.lead, Some(id), row.seq, ROWS_AFTER_MAX)?;
        let Some(step) = step_of(row, &after, &conversation) else {
            return Ok(());
        };
        let folded = Reply::read(text).text().to_string();
        let key = (step.clone(), conversation.locale.clone(), folded);
        let group = self.by_text.entry(key).or_default();
        if group.count == 0 {
            group.text = text.to_string();
        }
        group.count += 1;
        if !group.leads.contains(&row.lead) {
            group.leads.push(row.lead);
        }
        group.last = group.last.max(Some(row.at));
        if let Some(answer) = answered_later(&after, &step) {
            *group.chose.entry(answer).or_default() += 1;
        }
        Ok(())
    }

    fn finish(self) -> Vec<Unheard> {
        let flow = self.flow;
        let groups = self.by_text.into_iter();
        let mut found: Vec<Unheard> = groups
            .map(|((step, locale, _), group)| Unheard {
                suggestion: suggest(flow, &step, &locale, &group),
                step,
                locale,
                text: group.text,
                count: group.count,
                leads: group.leads.len() as u64,
                last: group.last.unwrap_or(Timestamp::from_ms(0)),
            })
            .collect();
        found.sort_by(|a, b| {
            let key = |u: &Unheard| (std::cmp::Reverse(u.count), u.step.clone());
            key(a).cmp(&key(b)).then_with(|| a.text.cmp(&b.text))
        });
        found
    }
}

/// The text of a reply that was not understood.
fn unclear_text(row: &Row) -> Option<&str> {
    match &row.body {
        RowBody::Happened(Entry {
            event: Event::Replied { text, .. },
            understood: Some(understood),
            ..
        }) if &*understood.kind == "unclear" => Some(text),
        _ => None,
    }
}

/// Where the conversation stood: the step it left by this reply, that it asked again, or stands on yet.
fn step_of(row: &Row, after: &[Row], conversation: &Conversation) -> Option<Name> {
    let left = match &row.body {
        RowBody::Happened(entry) => entry.path.first().map(|hop| hop.from.clone()),
        RowBody::Outgoing(..) => None,
    };
    let asked_again = || {
        after.iter().find_map(|row| match &row.body {
            RowBody::Outgoing(Effect::Sms(sms), _) => sms.step.clone(),
            _ => None,
        })
    };
    left.or_else(asked_again)
        .or_else(|| conversation.step().cloned())
}

/// The answer that the same lead gave next at the step.
fn answered_later(after: &[Row], step: &Name) -> Option<String> {
    after.iter().find_map(|row| match &row.body {
        RowBody::Happened(entry) => {
            let here = entry.path.first().is_some_and(|hop| hop.from == *step);
            let understood = entry.understood.as_ref().filter(|u| &*u.kind == "answer")?;
            understood.answer.clone().filter(|_| here)
        }
        RowBody::Outgoing(..) => None,
    })
}

fn suggest(flow: &Flow, step: &Name, locale: &Name, group: &Group) -> Suggestion {
    let Some((names, choice)) = options_of(flow, step) else {
        return Suggestion::Review;
    };
    let of: u64 = group.chose.values().sum();
    let most = group.chose.iter().max_by_key(|(_, n)| **n);
    let agreed = most
        .filter(|(_, n)| **n * 100 >= of * AGREE_PERCENT)
        .and_then(|(name, n)| Some((names.iter().find(|known| ***known == **name)?, *n)));
    let (option, because) = match agreed {
        Some((option, chose)) => (*option, Because::AnsweredLater { chose, of }),
        None => match by_words(choice, &group.text, locale) {
            Some(ix) => (names[ix], Because::SimilarWords),
            None => return Suggestion::Review,
        },
    };
    let word = Json::from(group.text.trim()).to_string();
    Suggestion::Words {
        option: option.clone(),
        line: format!("{option}: {{ words: {{ {locale}: [{word}] }} }}"),
        because,
    }
}

fn options_of<'f>(flow: &'f Flow, step: &Name) -> Option<(Vec<&'f Name>, &'f Choice)> {
    match &flow.step(flow.find(step)?).verb {
        Verb::Ask(ask) => match &ask.expect {
            Expect::Options(options, choice) => {
                Some((options.iter().map(|option| &option.name).collect(), choice))
            }
            Expect::Value { .. } => None,
        },
        _ => None,
    }
}

/// The one option that single words of the text speak for.
fn by_words(choice: &Choice, text: &str, locale: &str) -> Option<usize> {
    let mut options: Vec<usize> = text
        .split_whitespace()
        .filter_map(|word| Some(choice.read(&Reply::read(word), locale)?.meaning))
        .collect();
    options.sort_unstable();
    options.dedup();
    match options.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

impl Unheard {
    /// As the API and `replytree replies --format json` show it.
    pub fn json(&self, flow: &Flow) -> Json {
        let line = flow.find(&self.step).map(|ix| flow.step(ix).line);
        let suggestion = match &self.suggestion {
            Suggestion::Words {
                option,
                line,
                because,
            } => json!({
                "option": option.as_str(), "yaml": line, "because": because.to_string(),
            }),
            Suggestion::Review => Json::Null,
        };
        json!({
            "step": self.step.as_str(), "line": line, "locale": self.locale.as_str(),
            "text": self.text, "count": self.count, "leads": self.leads,
            "last": self.last.to_string(), "suggestion": suggestion,
        })
    }
}

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Because::AnsweredLater { chose, of } => {
                write!(f, "{chose} of {of} who answered when asked again chose it")
            }
            Because::SimilarWords => f.write_str("its words speak for it"),
        }
    }
}
