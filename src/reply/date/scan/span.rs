//! Spans of hours where only a time of day is asked: "2-4pm", "between 2 and 4". The time told is the one
//! that the span begins with, and never certain.

use jiff::Zoned;
use jiff::civil::Time;

use super::super::super::lex::Lexed;
use super::super::super::lexicon::{self, Cue, Language};
use super::super::clock;
use super::{Scan, Told};
use crate::lead::Kind;

/// The span that is the whole reply. A dash joins two hours by itself, a word only after one that leads
/// in: "10 to 4" is ten minutes to four.
pub(super) fn read(pieces: &[Lexed], locale: &str, now: &Zoned, kind: Kind) -> Option<Told> {
    if kind != Kind::Time {
        return None;
    }
    let language = &lexicon::get().languages[lexicon::get().language_of(locale)];
    let lead = lead_in(pieces, language);
    let rest = &pieces[lead..];
    let mut joints = (1..rest.len()).filter(|at| joins(&rest[*at..], lead > 0, language));
    let at = joints.next().filter(|_| joints.next().is_none())?;
    let hour = |pieces| {
        let mut scan = Scan::new(pieces, locale, now, kind);
        scan.run();
        let told = !scan.unclear && scan.words == 0 && scan.day.is_none() && scan.weekday.is_none();
        let hour = scan
            .hour
            .or(scan.bare.filter(|n| *n <= 24).map(clock::Told::hour));
        hour.filter(|_| told).map(|hour| (hour, scan.part))
    };
    let (from, from_part) = hour(&rest[..at])?;
    let (to, to_part) = hour(&rest[at + 1..])?;
    let to = to.at(to_part)?;
    let begins = |part| from.at(part).filter(|from: &Time| *from < to);
    // "2-4pm" are both in the afternoon, "10-2pm" are not.
    let time = begins(from_part.or(to_part)).or_else(|| begins(from_part))?;
    Some(Told {
        day: None,
        time: Some(time),
        certain: false,
        now: false,
    })
}

/// How many pieces lead in to a span: "between", "from".
fn lead_in(pieces: &[Lexed], language: &Language) -> usize {
    match language.cue(pieces) {
        Some((n, Cue::Between | Cue::AtLeast)) => n,
        _ => 0,
    }
}

fn joins(pieces: &[Lexed], led_in: bool, language: &Language) -> bool {
    let dash = pieces[0].is_sign(&['-', '\u{2013}', '\u{2014}']);
    let word = || {
        let to = matches!(language.cue(pieces), Some((1, Cue::To | Cue::AtMost)));
        to || pieces[0].is_word(&["and", "y", "e", "et", "und"])
    };
    dash || (led_in && word())
}
