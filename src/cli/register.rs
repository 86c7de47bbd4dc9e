//! The answer file of a register of reassigned numbers: lines of a number, `yes` (given to somebody
//! else), `no` or `no_data`, and the day of the answer. The FCC's database answers in this form.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::lead::PhoneNumber;
use crate::runtime::prune::{Answers, Holder, Question, Register};
use crate::time::Timestamp;

pub struct AnswerFile {
    name: String,
    answers: BTreeMap<PhoneNumber, Holder>,
}

impl AnswerFile {
    /// A header line is passed over; any other line that cannot be read is named.
    pub fn read(path: &Path, region: &str, now: Timestamp) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let name = path
            .file_name()
            .map_or("register".into(), |n| n.to_string_lossy());
        let mut answers = BTreeMap::new();
        for (place, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            match answer(line, region, now) {
                Some((phone, holder)) => {
                    answers.insert(phone, holder);
                }
                None if place == 0 => {}
                None => bail!(
                    "{shown}:{}: write a number, `yes`, `no` or `no_data`, and a day: \
                     +13125550142,no,2026-11-01",
                    place + 1
                ),
            }
        }
        Ok(Self {
            name: name.into_owned(),
            answers,
        })
    }
}

fn answer(line: &str, region: &str, now: Timestamp) -> Option<(PhoneNumber, Holder)> {
    let mut cells = line.split(',').map(|cell| cell.trim().trim_matches('"'));
    let phone = PhoneNumber::parse_loose(cells.next()?, region).ok()?;
    let said = cells.next()?;
    let day = match cells.next().filter(|day| !day.is_empty()) {
        Some(day) => format!("{}T00:00:00Z", day.get(..10)?).parse().ok()?,
        None => now,
    };
    let holder = Holder::said(said, day)?;
    Some((phone, holder))
}

impl Register for AnswerFile {
    fn name(&self) -> &str {
        &self.name
    }

    /// An answer of before the lead was last heard of says nothing of today.
    fn ask(&self, questions: &[Question], _now: Timestamp) -> Answers {
        let mut told = Answers::default();
        for Question { phone, since } in questions {
            let holder = match self.answers.get(phone) {
                Some(Holder::Another(day)) if day < since => Holder::Unknown,
                Some(answer) => *answer,
                None => {
                    told.not_checked += 1;
                    continue;
                }
            };
            told.of.insert(*phone, holder);
        }
        told.failed = (told.not_checked > 0).then(|| format!("{} does not name them", self.name));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_a_word_and_a_day() {
        let now = Timestamp::from_ms(5);
        let day: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        for (line, expected) in [
            ("+13125550142,no,2026-11-01", Some(Holder::Same(day))),
            ("3125550142, YES ,2026-11-01", Some(Holder::Another(day))),
            ("\"3125550142\",\"no_data\",", Some(Holder::Unknown)),
            ("3125550142,no", Some(Holder::Same(now))),
            ("3125550142,maybe", None),
            ("phone,status,date", None),
        ] {
            let read = answer(line, "US", now).map(|(_, holder)| holder);
            assert_eq!(read, expected, "{line}");
        }
    }
}
