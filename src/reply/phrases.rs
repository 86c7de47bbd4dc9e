//! An author's words and phrases, found in a reply: those of `anytime`.

use super::lexicon::Map;
use super::normalize::fold;
use super::{Reply, Verdict};

/// Words and phrases to be found in a reply, such as those of `anytime`.
#[derive(Debug, Clone, Default)]
pub struct Phrases {
    /// By their first word: the words, and the group they are of.
    by_first: Map<String, Vec<(Vec<String>, usize)>>,
}

impl Phrases {
    /// Each group of phrases is one meaning; its index is what `read` answers.
    pub fn new(groups: &[Vec<String>]) -> Self {
        let mut by_first: Map<String, Vec<(Vec<String>, usize)>> = Map::default();
        for (group, phrases) in groups.iter().enumerate() {
            for phrase in phrases {
                let words: Vec<String> = fold(phrase)
                    .split_whitespace()
                    .map(str::to_string)
                    .collect();
                if let Some(first) = words.first() {
                    by_first
                        .entry(first.clone())
                        .or_default()
                        .push((words, group));
                }
            }
        }
        Self { by_first }
    }

    /// The group one of whose phrases stands in the reply; the longest phrase wins, and two groups
    /// with equally long ones are unclear.
    pub fn read(&self, reply: &Reply) -> Option<Verdict<usize>> {
        if self.by_first.is_empty() {
            return None;
        }
        let mut best: Option<(usize, usize)> = None;
        let mut tied = false;
        let count = reply.words.len();
        for at in 0..count {
            for (length, group) in self.standing_at(reply, at) {
                match best {
                    Some((most, _)) if length < most => {}
                    Some((most, known)) if length == most => tied |= known != group,
                    _ => (best, tied) = (Some((length, group)), false),
                }
            }
        }
        let (length, group) = best.filter(|_| !tied)?;
        let whole = length == count;
        let rule = if whole {
            "anytime-phrase"
        } else {
            "anytime-in-sentence"
        };
        Some(Verdict {
            meaning: group,
            certain: whole || count <= length + 6,
            rule,
        })
    }

    fn standing_at<'s>(
        &'s self,
        reply: &'s Reply,
        at: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 's {
        let words = &reply.words.as_slice()[at..];
        let first = words[0].of_text(&reply.text);
        self.by_first
            .get(first)
            .into_iter()
            .flatten()
            .filter_map(move |(phrase, group)| {
                let fits = phrase.len() <= words.len()
                    && phrase
                        .iter()
                        .zip(words)
                        .all(|(p, w)| p == w.of_text(&reply.text));
                fits.then_some((phrase.len(), *group))
            })
    }
}
