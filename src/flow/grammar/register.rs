//! The keys of `register` in workspace.yaml. // tidy: table

use crate::flow::grammar::workspace::URL;
use crate::flow::grammar::{Object, Shape, WORD, optional, required};

pub static REGISTER: Object = Object {
    name: "the register",
    doc: "A register of reassigned numbers, such as the FCC's: asked before silent leads are pruned.",
    keys: &[
        required(
            "url",
            Shape::Word(&URL),
            "Its address: https, or this very machine.",
        ),
        optional(
            "key",
            Shape::Word(&WORD),
            "Proves who asks, as a bearer token; `${NAME}`.",
        ),
        optional(
            "countries",
            Shape::OneOrMany(&Shape::Word(&WORD)),
            "Whose numbers it is told of, such as `[US]`, or `any`; `[US]` when left out.",
        ),
    ],
};
