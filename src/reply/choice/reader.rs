//! The author's and the lexicon's phrases in a reply, as one language has them.

use super::super::lexicon::{self, Concept};
use super::super::words::WordKind;
use super::super::{Reply, Verdict};
use super::{One, Reader};

impl Reader {
    /// The longest own phrase that stands at word `at`: its length and option.
    pub(super) fn phrase_at(&self, reply: &Reply, at: usize) -> Option<(usize, usize)> {
        let words = &reply.words.as_slice()[at..];
        let first = words.first()?.of_text(&reply.text);
        let mut fitting = self.phrases.get(first)?.iter().filter(|(phrase, _)| {
            phrase.len() <= words.len()
                && phrase
                    .iter()
                    .zip(words)
                    .all(|(p, w)| p == w.of_text(&reply.text))
        });
        let (phrase, option) = fitting.next()?;
        let tied = fitting.any(|(p, o)| p.len() == phrase.len() && o != option);
        (!tied).then_some((phrase.len(), *option))
    }

    /// The option that the whole reply names in the author's or the lexicon's words.
    pub(super) fn whole(&self, reply: &Reply, language: usize) -> Option<Verdict<usize>> {
        let count = reply.words.len();
        if let Some((n, option)) = self.phrase_at(reply, 0)
            && n == count
        {
            return Some(Verdict {
                meaning: option,
                certain: true,
                rule: "option-word",
            });
        }
        let words = reply.words.as_slice();
        let (n, bits) = lexicon::get().languages[language].phrase(words)?;
        if n != count || reply.question {
            return None;
        }
        let One::Option(option, concept) = self.concepts.one(bits) else {
            return None;
        };
        if matches!(concept, Concept::Echo | Concept::EchoNo) {
            return None;
        }
        let picture = words[0].kind == WordKind::Emoji;
        let rule = if picture { "emoji" } else { concept.rule() };
        Some(Verdict {
            meaning: option,
            certain: true,
            rule,
        })
    }
}
