//! Date patterns: the letters of Unicode LDML (UTS 35, part 4) that a text message needs.
//!
//! `y M d E` for the day, `h H K k m s a` for the time, `z` for the zone's short name; a letter's
//! count sets its length. Words stand between single quotes, and `''` is a quote.

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Literal(&'a str),
    Field(char, usize),
}

/// Which halves of a moment a pattern shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    pub date: bool,
    pub time: bool,
}

impl Parts {
    pub fn name(self) -> &'static str {
        match self {
            Parts { time: false, .. } => "a date",
            Parts { date: false, .. } => "a time of day",
            _ => "a date and time",
        }
    }
}

/// Why a text is no pattern: at which byte, how many, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub at: usize,
    pub len: usize,
    pub label: &'static str,
    pub help: &'static str,
}

/// The letters known, and the most of each that may stand together.
const LETTERS: [(char, usize); 13] = [
    ('y', 4),
    ('M', 4),
    ('L', 4),
    ('d', 2),
    ('E', 4),
    ('h', 2),
    ('H', 2),
    ('K', 2),
    ('k', 2),
    ('m', 2),
    ('s', 2),
    ('a', 1),
    ('z', 1),
];

/// The next piece of `pattern`, and what follows it. An open quote reaches to the end.
pub fn next(pattern: &str) -> Option<(Part<'_>, &str)> {
    let first = pattern.chars().next()?;
    if first == '\'' {
        let rest = &pattern[1..];
        if let Some(after) = rest.strip_prefix('\'') {
            return Some((Part::Literal("'"), after));
        }
        let end = rest.find('\'').unwrap_or(rest.len());
        let after = rest.get(end + 1..).unwrap_or("");
        if after.starts_with('\'') {
            // A quote doubled between quotes: said once, and the second opens the rest.
            return Some((Part::Literal(&rest[..=end]), after));
        }
        return Some((Part::Literal(&rest[..end]), after));
    }
    if first.is_ascii_alphabetic() {
        let end = pattern.find(|c| c != first).unwrap_or(pattern.len());
        return Some((Part::Field(first, end), &pattern[end..]));
    }
    let end = pattern
        .find(|c: char| c == '\'' || c.is_ascii_alphabetic())
        .unwrap_or(pattern.len());
    Some((Part::Literal(&pattern[..end]), &pattern[end..]))
}

/// Whether every letter of `pattern` is one we show, and which halves of a moment they need.
pub fn check(pattern: &str) -> Result<Parts, Wrong> {
    let mut parts = Parts::default();
    let mut minutes = None;
    let mut hours = false;
    let mut rest = pattern;
    while let Some((part, after)) = next(rest) {
        let at = pattern.len() - rest.len();
        if let Part::Field(letter, count) = part {
            known(letter, count, at)?;
            match letter {
                'y' | 'M' | 'L' | 'd' | 'E' => parts.date = true,
                'm' => minutes = minutes.or(Some((at, count))),
                'h' | 'H' | 'K' | 'k' => hours = true,
                _ => {}
            }
            parts.time |= matches!(letter, 'h' | 'H' | 'K' | 'k' | 'm' | 's' | 'a');
        }
        rest = after;
    }
    match minutes {
        Some((at, len)) if !hours => Err(Wrong {
            at,
            len,
            label: "minutes without an hour",
            help: "`m` is the minute and `M` the month: write `MM` for the month",
        }),
        _ if parts == Parts::default() => Err(Wrong {
            at: 0,
            len: pattern.len(),
            label: "shows no part of a date or time",
            help: "write a pattern such as `EEE d MMM, h:mm a`",
        }),
        _ => Ok(parts),
    }
}

fn known(letter: char, count: usize, at: usize) -> Result<(), Wrong> {
    let wrong = |label, help| {
        Err(Wrong {
            at,
            len: count,
            label,
            help,
        })
    };
    match LETTERS.iter().find(|(known, _)| *known == letter) {
        Some((_, most)) if count <= *most => Ok(()),
        Some(_) => wrong(
            "too many of this letter",
            "use up to `yyyy`, `MMMM`, `dd`, `EEEE`, `hh`, `HH`, `mm`, `ss`, `a`",
        ),
        None => match letter {
            'Y' => wrong("not known", "write `yyyy` for the year"),
            'D' => wrong("not known", "write `d` or `dd` for the day of the month"),
            'A' => wrong("not known", "write `a` for AM or PM"),
            _ => wrong(
                "not known",
                "the letters are y M d E h H m s a; put words between single quotes: `d 'de' MMMM`",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_say_which_letter_is_wrong() {
        let date = Parts {
            date: true,
            time: false,
        };
        let both = Parts {
            date: true,
            time: true,
        };
        for (pattern, expected) in [
            ("EEE d MMM, h:mm a", Ok(both)),
            ("d 'de' MMMM 'de' yyyy", Ok(date)),
            ("dd/MM/yyyy", Ok(date)),
            ("dd/mm/yyyy", Err(3)),
            ("DD/MM/YYYY", Err(0)),
            ("EEEEEEE", Err(0)),
            ("'at'", Err(0)),
            ("", Err(0)),
            (
                "h 'o''clock",
                Ok(Parts {
                    date: false,
                    time: true,
                }),
            ),
        ] {
            let read = check(pattern).map_err(|wrong| wrong.at);
            assert_eq!(read, expected, "{pattern:?}");
        }
    }
}
