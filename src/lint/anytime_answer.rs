//! ## What it finds
//!
//! A word of `anytime` that is the name or the key of an answer too.
//!
//! ## Why it matters
//!
//! Said alone, the word is the answer; in a sentence it is what stands under `anytime`. The same lead may go
//! two ways by how much they write.
//!
//! ## Example
//!
//! ```yaml
//! ask: "Would you like to come?"
//! answers: { yes: book, price: tell }
//! anytime:
//!   costs: { words: [price, cost], say: "It is $200." }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! ask: "Would you like to come?"
//! answers: { yes: book, no: bye }
//! anytime:
//!   costs: { words: [price, cost], say: "It is $200." }
//! ```

use crate::flow::steps::{Expect, Verb};
use crate::flow::{Flow, StepIx};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::is_own;
use crate::reply::Reply;

pub struct AnytimeAnswer;

impl Lint for AnytimeAnswer {
    fn name(&self) -> &'static str {
        "anytime-answer"
    }

    fn source(&self) -> &'static str {
        include_str!("anytime_answer.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for (at, step) in flow.steps.iter().enumerate() {
            let ix = StepIx(at as u32);
            let Verb::Ask(ask) = &step.verb else { continue };
            let Expect::Options(options, _) = &ask.expect else {
                continue;
            };
            for option in options.iter().filter(|_| is_own(flow, ix)) {
                let words = [&*option.name, option.key.as_str()];
                let Some((word, anytime)) = words
                    .into_iter()
                    .find_map(|word| Some((word, owner(flow, word)?)))
                else {
                    continue;
                };
                report.step(
                    ix,
                    flow.places.option(ix, &option.name),
                    format!("`{word}` is an answer of `{}`, and a word of `{anytime}` under `anytime`", step.name),
                    "alone it is the answer, in a sentence the other",
                    &format!("take `{word}` out of the words of `{anytime}`, or give the answer another name"),
                );
            }
        }
    }
}

/// The part of `anytime` one of whose phrases the word is, the whole of it.
fn owner<'f>(flow: &'f Flow, word: &str) -> Option<&'f str> {
    let verdict = flow.anytime_phrases.read(&Reply::read(word))?;
    let whole = verdict.rule == "anytime-phrase";
    let anytime = flow.anytime.get(verdict.meaning).filter(|_| whole)?;
    Some(&anytime.name)
}
