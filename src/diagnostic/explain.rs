//! What each code stands for, for `replytree explain`: what it finds, why it matters, an example, and
//! what to write instead. One text a code, in `explain/`.

/// The explanation of a code; upper or lower case.
pub fn explain(code: &str) -> Option<&'static str> {
    CODES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map(|(_, text)| *text)
}

/// Every code, in order.
pub const CODES: [(&str, &str); 0] = [];
