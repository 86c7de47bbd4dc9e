//! The warnings that `allow:` may name. What each finds is in `lint/`, whose tests keep this list the same
//! as theirs: the grammar knows no lint, and a misspelt name would else allow nothing and say nothing.

use crate::flow::grammar::Shape;

pub const LINTS: [(&str, &str); 34] = [
    ("all-caps", "Words in capitals in a row."),
    ("ambiguous-date", "A date in figures alone, such as 12/1."),
    (
        "anytime-answer",
        "A word of `anytime` that is an answer of a question too.",
    ),
    (
        "ascii-art",
        "Rows of signs, and letters that only look like letters.",
    ),
    (
        "brand-in-first",
        "A first text that does not name the brand early.",
    ),
    (
        "colour-or-shape",
        "Words that point at a colour, a shape or a picture.",
    ),
    (
        "doubled-braces",
        "A token in two braces, which the lead reads as it stands.",
    ),
    ("emoji-count", "More than two emoji in a text."),
    ("exclamation", "More than one exclamation mark in a text."),
    (
        "experiment-too-small",
        "An experiment that gets too few leads to show anything.",
    ),
    (
        "first-question-not-binary",
        "A first question with more than two answers, or an open one.",
    ),
    (
        "handoff-without-unclaimed",
        "A handoff that does not say what happens when nobody takes it.",
    ),
    (
        "health-detail",
        "Clinical detail in a text of a workspace marked `health: true`.",
    ),
    (
        "high-risk-finance",
        "Words of the trades that carriers forbid.",
    ),
    (
        "link-bare",
        "A link without words around it that say what it opens.",
    ),
    ("link-https", "A link that begins with `http://`."),
    (
        "link-not-brand-domain",
        "A link to a host that is not among the workspace's `domains`.",
    ),
    (
        "locale-mismatch",
        "A text in another language than the locale it stands under.",
    ),
    (
        "long-silence",
        "More than 5 texts to a lead who never answers.",
    ),
    (
        "many-questions",
        "More than 3 questions before an outcome or a person.",
    ),
    (
        "many-redirects",
        "A link that goes on to another address before it opens.",
    ),
    ("message-too-long", "A text of more than 2 segments."),
    (
        "odd-name-token",
        "A first name that may be missing or odd, with nothing fit to say instead.",
    ),
    ("question-count", "More than one question in a text."),
    (
        "reading-grade",
        "A text that asks for more than 8 years of school.",
    ),
    (
        "reask-limit",
        "A question that is asked again more than twice.",
    ),
    (
        "remind-stop",
        "A text long after the last STOP line, or a first text without one.",
    ),
    ("sentence-length", "A sentence of more than 15 words."),
    (
        "shaft",
        "Words of sex, hate, alcohol, firearms and tobacco.",
    ),
    (
        "time-pressure",
        "Less than an hour to answer, or a link that soon ends and does not say when.",
    ),
    (
        "ucs2-by-accident",
        "A text that one odd character makes dearer.",
    ),
    ("untested-answers", "Answers that no flow test gives."),
    (
        "urgency-without-expiry",
        "Urgent words without saying until when.",
    ),
    ("url-count", "More than one link in a text."),
];

pub const ALLOW: Shape = Shape::OneOrMany(&Shape::Choice(&LINTS));
