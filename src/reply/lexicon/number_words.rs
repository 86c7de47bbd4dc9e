//! Numbers as words of one language.

/// What a number word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// Zero to ninety-nine, as far as it is one word.
    Cardinal(u32),
    /// Multiplies what stands before: hundred, thousand, million.
    Scale(u64),
    /// First, second.
    Ordinal(u32),
}

/// German says the ones first and writes one word: `einundzwanzig`.
pub(crate) fn german_compounds(simple: &[(String, u32)]) -> Vec<(String, u32)> {
    let ones = simple.iter().filter(|(_, n)| (1..10).contains(n));
    let tens: Vec<_> = simple
        .iter()
        .filter(|(_, n)| *n >= 20 && n % 10 == 0)
        .collect();
    ones.filter(|(word, _)| word != "eins" && word != "eine")
        .flat_map(|(one, a)| {
            tens.iter()
                .map(move |(ten, b)| (format!("{one}und{ten}"), a + b))
        })
        .collect()
}
