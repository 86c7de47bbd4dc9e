//! One line of a lead's timeline: what happened, what it was understood to mean, and the way it took
//! through the flow.

use minicbor::{Decode, Encode};

use crate::conversation::Event;
use crate::lead::Name;

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub event: Event,
    /// For a reply: what it meant, and by which rule.
    #[n(1)]
    pub understood: Option<Understood>,
    /// The steps passed, in order.
    #[n(2)]
    pub path: Vec<Hop>,
}

/// A passage from one step to the next. `exit` is an answer's name, `no_reply:1`, `unclear`,
/// `when:1`, `else`, `then`, an outcome; the edge's label in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Hop {
    #[n(0)]
    pub from: Name,
    #[n(1)]
    pub exit: Name,
    /// The step entered, or `end:<outcome>`.
    #[n(2)]
    pub to: Name,
}

/// What a reply meant. `kind` as in `replytree understand`.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Understood {
    #[n(0)]
    pub kind: Name,
    #[n(1)]
    pub answer: Option<String>,
    #[n(2)]
    pub certain: bool,
    #[n(3)]
    pub rule: Name,
}
