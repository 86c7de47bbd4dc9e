//! The kinds of words: durations, days, hours, names and the rest, each with its pattern and help.

use crate::flow::grammar::Words;
use crate::time::{Days, Duration, Hours};

pub static DURATION: Words = Words {
    name: "a duration",
    code: "E0107",
    help: "write a number and one of s, m, h, d, w, such as `4h` or `1h30m`",
    pattern: "^([0-9]+(ms|s|m|h|d|w|mo|y))+$",
    examples: &["4h", "1d", "10m", "1h30m"],
    fits: |text| text.parse::<Duration>().is_ok(),
};

pub static DAYS: Words = Words {
    name: "a set of days",
    code: "E0108",
    help: "write days as `mon-fri`, `sat` or `mon,wed,fri`",
    pattern: "^[A-Za-z]{3,9}([,-] *[A-Za-z]{3,9})*$",
    examples: &["mon-fri", "mon-sat", "sat,sun"],
    fits: |text| text.parse::<Days>().is_ok(),
};

pub static HOURS: Words = Words {
    name: "a span of hours",
    code: "E0108",
    help: "write the hours of one day as \"10:00-11:00\", the earlier first",
    pattern: "^[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2}$",
    examples: &["10:00-11:00", "09:00-18:00"],
    fits: |text| text.parse::<Hours>().is_ok(),
};

pub static SHARE: Words = Words {
    name: "a share",
    code: "E0109",
    help: "write a percentage between 0 and 100, such as `50%`",
    pattern: "^[0-9]{1,3}(\\.[0-9])?%$",
    examples: &["50%", "10%"],
    fits: |text| per_mille(text).is_some(),
};

/// A share in thousandths: `12.5%` is 125.
pub fn per_mille(text: &str) -> Option<u16> {
    let percent: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    let fits = percent > 0.0 && percent < 100.0;
    fits.then(|| (percent * 10.0).round() as u16)
}

/// Letters and digits of any script: what is neither a blank nor punctuation. Without `\p`, which
/// not every validator knows.
const NAME_PATTERN: &str = "^[^\\s!-/:-@\\[-`{-~][^\\s!-,./:-@\\[-^`{-~]*$";

pub static NAME: Words = Words {
    name: "a name",
    code: "E0110",
    help: "use letters, digits, `-` and `_`, beginning with a letter or digit",
    pattern: NAME_PATTERN,
    examples: &["test-drive", "call-now"],
    fits: is_name,
};

/// Whether `text` can name a step, a field, an option.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphanumeric)
        && chars.all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

pub static TARGET: Words = Words {
    name: "a step's name",
    code: "E0110",
    help: "name a step of this flow, or `end`",
    pattern: NAME_PATTERN,
    examples: &["nurture", "end"],
    fits: is_name,
};

pub static LOCALE: Words = Words {
    name: "a locale",
    code: "E0113",
    help: "write a language as `en` or with its region as `en-GB`",
    pattern: "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
    examples: &["en", "es", "pt-BR"],
    fits: is_locale,
};

/// Whether `text` looks like a BCP 47 language tag.
pub fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or("");
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

pub static CONDITION: Words = Words {
    name: "a condition",
    code: "E0102",
    help: "write a condition such as `score >= 50 and timing == 'yes'`",
    pattern: "",
    examples: &["score >= 50", "timing == 'yes'"],
    fits: |_| true,
};

pub static WORD: Words = Words {
    name: "a text",
    code: "E0102",
    help: "write a text",
    pattern: "",
    examples: &[],
    fits: |_| true,
};

pub static PATTERN: Words = Words {
    name: "a pattern",
    code: "E0102",
    help: "write what must be said; `*` stands for any text",
    pattern: "",
    examples: &["*within 2 weeks*"],
    fits: |_| true,
};

pub static MEASURE: Words = Words {
    name: "a measure",
    code: "E0112",
    help: "one of `replied`, `clicked`, `opted_out`, `event:<name>`, `outcome:<name>`",
    pattern: "^(replied|clicked|opted_out|event:.+|outcome:.+)$",
    examples: &["replied", "outcome:booked"],
    fits: |text| {
        matches!(text, "replied" | "clicked" | "opted_out")
            || text.split_once(':').is_some_and(|(of, name)| {
                matches!(of, "event" | "outcome") && !name.trim().is_empty()
            })
    },
};
