//! The keys of `anomalies` in workspace.yaml. // tidy: table

use crate::flow::grammar::{DURATION, Object, Shape, optional};

const MANY: Shape = Shape::Int {
    min: 1,
    max: 100_000_000,
};

pub static ANOMALIES: Object = Object {
    name: "anomalies",
    doc: "From what figures on, in one window, a flow stands still until somebody has looked.",
    keys: &[
        optional(
            "window",
            Shape::Word(&DURATION),
            "The period that is counted in; `10m`.",
        ),
        optional("replies", MANY, "Replies to one flow; 20000."),
        optional(
            "same_text",
            MANY,
            "Numbers that one long text comes from which no question understands; 50.",
        ),
        optional(
            "strangers",
            MANY,
            "Texts on one channel from numbers in no conversation, only told of; 500.",
        ),
        optional(
            "opt_outs",
            MANY,
            "Opt-outs of one flow, or on one channel; 25.",
        ),
        optional(
            "opt_out_percent",
            Shape::Int { min: 1, max: 100 },
            "And of a hundred replies so many; 30.",
        ),
        optional(
            "exchanges",
            Shape::Int { min: 3, max: 15 },
            "Replies of one lead; of more, only answers are heard; 15.",
        ),
        optional(
            "echo_words",
            Shape::Int { min: 1, max: 100 },
            "Words from which on a text that comes twice in a row is a robot's; 3.",
        ),
    ],
};
