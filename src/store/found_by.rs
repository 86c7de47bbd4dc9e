//! What a lead is found by, the same in every store: the beginnings of the words of their name, of their
//! email and its host; the beginning of their number, with or without the 1 of the North American plan, and
//! its end. A search by what is in the middle of a word would have to read every lead.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::lead::{PhoneNumber, Value};
use crate::store::LeadRecord;

const WORDS_MAX: usize = 12;
const WORD_CHARS_MAX: usize = 64;
/// Fewer digits than this are the end of too many numbers.
const END_DIGITS_MIN: usize = 3;
/// Stands before digits that are written backwards.
const BACKWARDS: char = '#';

/// The keys of a lead, each once.
pub fn keys(record: &LeadRecord) -> Vec<String> {
    let text = |field: &str| match record.lead.field(field) {
        Value::Text(text) => folded(text),
        _ => String::new(),
    };
    let mut keys: Vec<String> = words(&text("name")).take(WORDS_MAX).collect();
    let email = text("email");
    if !email.trim().is_empty() {
        let host = email.split_once('@').map(|(_, host)| cut(host));
        keys.push(cut(&email));
        keys.extend(host.filter(|host| !host.is_empty()));
    }
    keys.push(end_key(&record.lead.phone.digits().to_string()));
    keys.sort();
    keys.dedup();
    keys
}

/// Without case and accents.
fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c));
    plain.collect::<String>().to_lowercase()
}

fn words(folded: &str) -> impl Iterator<Item = String> + '_ {
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(cut)
}

fn cut(text: &str) -> String {
    text.trim().chars().take(WORD_CHARS_MAX).collect()
}

fn end_key(digits: &str) -> String {
    std::iter::once(BACKWARDS)
        .chain(digits.chars().rev())
        .collect()
}

/// A search, made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// All of it, as the beginning of an email or a host.
    whole: String,
    /// Each must begin a word of the name.
    words: Vec<String>,
    /// Of a number, or of a part of one.
    digits: Option<String>,
}

impl Sought {
    /// `None` when nothing is asked for: then every lead is found.
    pub fn of(q: &str) -> Option<Self> {
        let whole = cut(&folded(q));
        if whole.is_empty() {
            return None;
        }
        let digits: String = q.chars().filter(char::is_ascii_digit).collect();
        let plain = |c: char| c.is_ascii_digit() || " +-().".contains(c);
        let is_number = !digits.is_empty() && q.trim().chars().all(plain);
        Some(Sought {
            words: words(&whole).take(WORDS_MAX).collect(),
            whole,
            digits: is_number.then_some(digits),
        })
    }

    pub fn finds(&self, record: &LeadRecord) -> bool {
        let keys = keys(record);
        let begins = |start: &str| keys.iter().any(|key| key.starts_with(start));
        let by_words = !self.words.is_empty() && self.words.iter().all(|word| begins(word));
        let number = record.lead.phone.digits().to_string();
        by_words
            || begins(&self.whole)
            || self.end().is_some_and(|end| begins(&end))
            || self.starts().any(|start| number.starts_with(&start))
    }

    /// What any lead that is found has a key beginning with.
    pub fn stretches(&self) -> Vec<String> {
        let longest = self.words.iter().max_by_key(|word| word.len());
        let mut all: Vec<String> = longest.into_iter().cloned().collect();
        all.push(self.whole.clone());
        all.extend(self.end());
        all.dedup();
        all
    }

    fn end(&self) -> Option<String> {
        let long = self.digits.as_ref().filter(|it| it.len() >= END_DIGITS_MIN);
        long.map(|digits| end_key(digits))
    }

    /// How a number that is found may begin.
    fn starts(&self) -> impl Iterator<Item = String> + '_ {
        let digits = self.digits.iter();
        digits.flat_map(|digits| [digits.clone(), format!("1{digits}")])
    }

    /// The same as numbers: from, and up to but not with.
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        for start in self.starts().filter(|it| it.len() <= DIGITS_MAX) {
            let Ok(number) = start.parse::<u64>() else {
                continue;
            };
            for digits in start.len().max(DIGITS_MIN)..=DIGITS_MAX {
                let unit = 10_u64.pow((digits - start.len()) as u32);
                ranges.push((number * unit, (number + 1) * unit));
            }
        }
        ranges
    }
}

/// Of E.164: at most fifteen; shorter ones than seven are no subscriber's.
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 7;

/// A number that is written out, which is looked up at once.
pub fn exact(q: &str) -> Option<PhoneNumber> {
    q.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::Lead;
    use crate::time::Timestamp;

    fn lead(name: &str, email: &str) -> LeadRecord {
        let mut lead = Lead::new("+13125550142".parse().unwrap());
        for (field, value) in [("name", name), ("email", email)] {
            lead.fields.insert(field.into(), Value::text(value));
        }
        LeadRecord::new(lead, Timestamp::from_ms(0))
    }

    #[test]
    fn a_lead_is_found_by_beginnings_of_words_and_numbers() {
        let record = lead("Zoë  van der Berg-Ångström", "Zoe.Berg@Mail.Example");
        for (q, found) in [
            ("zoe", true),
            ("ZOË", true),
            ("ang ber", true),
            ("berg zoe", true),
            ("ström", false),
            ("zoe smith", false),
            ("zoe.berg@", true),
            ("mail.ex", true),
            ("+1 312 555 0142", true),
            ("(312) 555", true),
            ("1312", true),
            ("0142", true),
            ("555-0142", true),
            ("42", false),
            ("55501", false),
            ("-", false),
        ] {
            let sought = Sought::of(q).unwrap();
            assert_eq!(sought.finds(&record), found, "{q}");
            // Whoever is found lies in one of the stretches that are read.
            let keys = keys(&record);
            let number = record.lead.phone.digits();
            let in_words = sought
                .stretches()
                .iter()
                .any(|start| keys.iter().any(|key| key.starts_with(start.as_str())));
            let in_numbers = sought
                .ranges()
                .iter()
                .any(|(from, to)| (*from..*to).contains(&number));
            assert!(!found || in_words || in_numbers, "{q}");
        }
        assert_eq!(Sought::of("  "), None);
    }
}
