//! The typed value an open question asks for, read by locale.

use super::{Reply, Verdict};
use crate::lead::{Kind, Value};
use crate::time::{Timestamp, Zone};

/// What an open question needs to know to read its answer.
#[derive(Debug, Clone)]
pub struct ValueContext<'a> {
    pub locale: &'a str,
    pub now: Timestamp,
    pub zone: &'a Zone,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// The value of `kind` that the reply gives. `None` is unclear, also when out of bounds.
pub fn value(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Value>> {
    let _ = (kind, reply, context);
    None
}
