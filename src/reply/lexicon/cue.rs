//! Words that say how a value is meant: "up to", "my name is", "half past". Names as in the files.

use super::super::lex::Lexed;
use super::{Map, WordId};

// tidy: table
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cue {
    AtMost,
    AtLeast,
    Between,
    To,
    About,
    OnlyMe,
    Couple,
    NameIs,
    Greeting,
    NameTail,
    Today,
    Tonight,
    Tomorrow,
    TomorrowMorning,
    ThisMorning,
    ThisAfternoon,
    DayAfter,
    Next,
    NextWeek,
    Noon,
    Midnight,
    Am,
    Pm,
    Morning,
    Afternoon,
    Evening,
    HalfPast,
    HalfTo,
    HalfAfter,
    QuarterPast,
    QuarterTo,
    QuarterAfter,
    QuarterBefore,
    MinutesPast,
    MinutesTo,
    Oclock,
    At,
    In,
    FromNow,
    Day,
    Week,
    Month,
    Hour,
    Minute,
    HalfHour,
    OneHour,
    OnThe,
    Open,
    Weekend,
    MonthStart,
    MonthEnd,
    NextMonthStart,
    NextMonthEnd,
    OfMonth,
    Soonest,
    Now,
    LaterOne,
    EarlierOne,
    Latest,
    Earliest,
}

impl Cue {
    pub const ALL: [(&'static str, Cue); 60] = [
        ("at_most", Cue::AtMost),
        ("at_least", Cue::AtLeast),
        ("between", Cue::Between),
        ("to", Cue::To),
        ("about", Cue::About),
        ("only_me", Cue::OnlyMe),
        ("couple", Cue::Couple),
        ("name_is", Cue::NameIs),
        ("greeting", Cue::Greeting),
        ("name_tail", Cue::NameTail),
        ("today", Cue::Today),
        ("tonight", Cue::Tonight),
        ("tomorrow", Cue::Tomorrow),
        ("tomorrow_morning", Cue::TomorrowMorning),
        ("this_morning", Cue::ThisMorning),
        ("this_afternoon", Cue::ThisAfternoon),
        ("day_after", Cue::DayAfter),
        ("next", Cue::Next),
        ("next_week", Cue::NextWeek),
        ("noon", Cue::Noon),
        ("midnight", Cue::Midnight),
        ("am", Cue::Am),
        ("pm", Cue::Pm),
        ("morning", Cue::Morning),
        ("afternoon", Cue::Afternoon),
        ("evening", Cue::Evening),
        ("half_past", Cue::HalfPast),
        ("half_to", Cue::HalfTo),
        ("half_after", Cue::HalfAfter),
        ("quarter_past", Cue::QuarterPast),
        ("quarter_to", Cue::QuarterTo),
        ("quarter_after", Cue::QuarterAfter),
        ("quarter_before", Cue::QuarterBefore),
        ("minutes_past", Cue::MinutesPast),
        ("minutes_to", Cue::MinutesTo),
        ("oclock", Cue::Oclock),
        ("at", Cue::At),
        ("in", Cue::In),
        ("from_now", Cue::FromNow),
        ("day", Cue::Day),
        ("week", Cue::Week),
        ("month", Cue::Month),
        ("hour", Cue::Hour),
        ("minute", Cue::Minute),
        ("half_hour", Cue::HalfHour),
        ("one_hour", Cue::OneHour),
        ("on_the", Cue::OnThe),
        ("open", Cue::Open),
        ("weekend", Cue::Weekend),
        ("month_start", Cue::MonthStart),
        ("month_end", Cue::MonthEnd),
        ("next_month_start", Cue::NextMonthStart),
        ("next_month_end", Cue::NextMonthEnd),
        ("of_month", Cue::OfMonth),
        ("soonest", Cue::Soonest),
        ("now", Cue::Now),
        ("later_one", Cue::LaterOne),
        ("earlier_one", Cue::EarlierOne),
        ("latest", Cue::Latest),
        ("earliest", Cue::Earliest),
    ];
}

/// Cues by their first word, longest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cues(Map<WordId, Vec<(Vec<WordId>, Cue)>>);

impl Cues {
    pub fn add(&mut self, words: Vec<WordId>, cue: Cue) {
        let Some(first) = words.first().copied() else {
            return;
        };
        let cues = self.0.entry(first).or_default();
        if !cues.iter().any(|(known, _)| *known == words) {
            cues.push((words, cue));
            cues.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
    }

    /// The longest cue that the pieces begin with, and how many of them it takes.
    pub fn standing_at(&self, pieces: &[Lexed]) -> Option<(usize, Cue)> {
        let (_, first) = pieces.first()?.word()?;
        self.0.get(&first)?.iter().find_map(|(words, cue)| {
            let mut at = 0;
            for word in words {
                // "segunda-feira", "après-midi"
                at += usize::from(at > 0 && pieces.get(at).is_some_and(|p| p.is_sign(&['-'])));
                if pieces
                    .get(at)
                    .and_then(Lexed::word)
                    .is_none_or(|(_, id)| id != *word)
                {
                    return None;
                }
                at += 1;
            }
            Some((at, *cue))
        })
    }
}
