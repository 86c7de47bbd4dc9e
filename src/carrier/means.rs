//! What a carrier's error code means for us, and how an answer's code and status become an outcome.
//!
//! Each carrier's own file holds its codes; here is only what we can do about them. Decided: what
//! is not known to have been refused is never sent again by itself.

use crate::carrier::{CarrierError, HttpAnswer, Sent};
use crate::time::Duration;

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Too fast, or a queue is full: not taken, the same text may go in a moment.
    Busy,
    /// The handset or a network is away: the same text may go in an hour.
    Later,
    /// This text will never arrive there; another may.
    Final,
    /// The carrier holds an opt-out of the number.
    OptedOut,
    /// A landline, or no number at all: no text will ever arrive.
    DeadNumber,
    /// Our account, sender or registration: nothing leaves until somebody acts.
    Account,
    /// Nobody knows whether it went.
    Doubtful,
}

/// One row of a carrier's table: the code, what to do, and what the carrier says it means.
pub type ErrorRow = (&'static str, Means, &'static str);

/// How long until the next try, where the carrier does not say.
const BUSY_WAIT: Duration = Duration::secs(5);
const LATER_WAIT: Duration = Duration::mins(15);

pub(super) fn find<'t>(table: &'t [ErrorRow], code: &str) -> Option<&'t ErrorRow> {
    table.iter().find(|(known, _, _)| *known == code)
}

/// What a code says by its table; a code that is not in it is final for this text.
pub(super) fn of(table: &[ErrorRow], code: &str) -> Means {
    find(table, code).map_or(Means::Final, |(_, means, _)| *means)
}

/// A code with the carrier's own words, else with the table's.
pub(super) fn error(table: &[ErrorRow], code: &str, said: &str) -> CarrierError {
    let known = find(table, code).map_or("", |(_, _, meaning)| meaning);
    let meaning = if said.trim().is_empty() {
        known
    } else {
        said.trim()
    };
    CarrierError {
        code: code.to_string(),
        meaning: meaning.chars().take(MEANING_LEN_MAX).collect(),
    }
}

const MEANING_LEN_MAX: usize = 300;

/// The outcome of a refusal: by the carrier's code, else by the status of the answer.
pub(super) fn refused(table: &[ErrorRow], answer: &HttpAnswer, code: &str, said: &str) -> Sent {
    let means = find(table, code).map_or_else(|| by_status(answer.status), |row| row.1);
    let plain = answer.status.to_string();
    let (code, said) = match (code, said) {
        ("", "") => (plain.as_str(), status_words(answer.status)),
        ("", said) => (plain.as_str(), said),
        known => known,
    };
    sent(means, answer, error(table, code, said))
}

/// The outcome of an answer that says yes but is not one of the carrier's.
pub(super) fn unreadable(answer: &HttpAnswer) -> Sent {
    Sent::Unknown {
        error: CarrierError {
            code: answer.status.to_string(),
            meaning: "the answer is not one of this carrier's".to_string(),
        },
    }
}

pub(super) fn sent(means: Means, answer: &HttpAnswer, error: CarrierError) -> Sent {
    match means {
        Means::Busy => Sent::Retry {
            after: answer.retry_after(BUSY_WAIT),
            error,
        },
        Means::Later => Sent::Retry {
            after: answer.retry_after(LATER_WAIT),
            error,
        },
        Means::Final => Sent::Refused { error },
        Means::OptedOut => Sent::OptedOut { error },
        Means::DeadNumber => Sent::Unreachable { error },
        Means::Account => Sent::Paused { error },
        Means::Doubtful => Sent::Unknown { error },
    }
}

/// A redirect is never followed and a wrong address is our setting: neither took the text. A server
/// that failed may have.
fn by_status(status: u16) -> Means {
    match status {
        425 | 429 => Means::Busy,
        300..=399 | 401..=405 | 407 => Means::Account,
        408 | 500..=599 | 0..=299 => Means::Doubtful,
        _ => Means::Final,
    }
}

fn status_words(status: u16) -> &'static str {
    match status {
        300..=399 => "the carrier's address answers with a redirect; is `api` right?",
        401 | 403 => "the carrier does not take our credentials",
        402 => "the account has no credit",
        404 | 405 => "there is nothing at this address; are `api` and `account` right?",
        429 => "too many requests",
        500..=599 => "the carrier failed",
        _ => "the carrier's answer has no error of its own",
    }
}
