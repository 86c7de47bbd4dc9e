//! Answers that come out of turn: to a question that silence led away from, and two in one text.
//!
//! A reply that fits the question that stands is taken for its answer, always. Only what means nothing
//! there is held against the question before.

use crate::conversation::{Awaiting, Conversation, Hop, Status, Unanswered, Understood, Wait};
use crate::flow::Target;
use crate::flow::steps::{Ask, Expect, Heard, Step, Verb, What};
use crate::flow::walk::{Next, Walk};
use crate::lead::{Kind, Name, Value};
use crate::reply::{Choice, Meaning, Question, Reply};
use crate::time::{Duration, Timestamp};

/// How long after silence led on a question may still be answered.
pub const LATE_WITHIN: Duration = Duration::days(14);

/// The rule that the timeline shows of such an answer.
const LATE_ANSWER: &str = "late-answer";
const TWO_ANSWERS: &str = "two-answers";

/// Whether a reply could still answer a question of this conversation, ended or not.
pub fn may_reopen(conversation: &Conversation, now: Timestamp) -> bool {
    let on_its_own = match &conversation.status {
        Status::Ended { outcome } => !matches!(
            &**outcome,
            "opted_out" | "wrong_number" | "stopped" | "unreachable" | "failed"
        ),
        Status::Waiting(_)
        | Status::Scheduled
        | Status::WithAgent(_)
        | Status::TakenOver { .. } => false,
    };
    let asked = conversation.unanswered.as_ref();
    on_its_own && asked.is_some_and(|asked| now.since(asked.since) <= LATE_WITHIN)
}

/// Whether this is how the reply was read.
pub fn is_late_answer(understood: &Understood) -> bool {
    &*understood.rule == LATE_ANSWER
}

/// Remembers a question that silence leads away from.
pub(super) fn left_by_silence(walk: &mut Walk, from: &Name, exit: &Name) {
    if !exit.starts_with("no_reply:") {
        return;
    }
    let step = walk.flow.find(from).map(|ix| walk.flow.step(ix));
    if step.is_some_and(|step| matches!(step.verb, Verb::Ask(_))) {
        walk.conversation.unanswered = Some(Unanswered {
            step: from.clone(),
            since: walk.now,
        });
    }
}

/// Where a reply leads that means nothing to what stands now, and answers the question before.
pub(super) fn answer(
    walk: &mut Walk,
    status: &Status,
    reply: &Reply,
    here: &Meaning,
) -> Option<Next> {
    let stands = match status {
        Status::Waiting(Wait { what, .. }) => match what {
            Awaiting::Reply { .. } | Awaiting::Time | Awaiting::LeadEvent(_) => true,
            Awaiting::Answer(_) => false,
        },
        Status::Ended { .. } => may_reopen_as(walk, status),
        Status::Scheduled | Status::WithAgent(_) | Status::TakenOver { .. } => false,
    };
    let asked = walk.conversation.unanswered.as_ref()?;
    let in_time = walk.now.since(asked.since) <= LATE_WITHIN;
    if !stands || !in_time || !matches!(here, Meaning::Unclear) {
        return None;
    }
    let flow = walk.flow;
    let step = flow.step(flow.find(&asked.step)?);
    let Verb::Ask(ask) = &step.verb else {
        return None;
    };
    let question = Question {
        asked: ask.asked(walk),
        ..Question::default()
    };
    let verdict = crate::reply::meaning(reply, &question);
    let what = match verdict.meaning {
        Meaning::Option(ix, _) => What::Option(ix),
        Meaning::Value(value, _) => What::Value(value),
        Meaning::Unclear | Meaning::Everywhere(_) | Meaning::Anytime(_) => return None,
    };
    walk.answered = Some(step.name.clone());
    walk.conversation.unanswered = None;
    let heard = Heard {
        certain: verdict.certain,
        rule: LATE_ANSWER,
        what,
    };
    Some(ask.take(step, heard, walk))
}

/// `advance` holds the status apart while an event is worked out.
fn may_reopen_as(walk: &Walk, status: &Status) -> bool {
    let whole = Conversation {
        status: status.clone(),
        ..walk.conversation.clone()
    };
    may_reopen(&whole, walk.now)
}

/// After an answer: what else the same text says, where the next question asks for just that.
/// "Yes, and my budget is 20k" answers both.
pub(super) fn also_answered(walk: &mut Walk, step: &Step, text: &str, next: Next) -> Next {
    let answered = |u: &Understood| &*u.kind == "answer";
    if !walk.understood.as_ref().is_some_and(answered) {
        return next;
    }
    if matches!(step.verb, Verb::Ask(_)) {
        let here = walk.conversation.unanswered.as_ref();
        if here.is_some_and(|asked| asked.step == step.name) {
            walk.conversation.unanswered = None;
        }
    }
    match second(walk, step, text, &next) {
        Some((to, value)) => take_both(walk, step, to, value, next),
        None => next,
    }
}

/// The option that the first clause of a text chooses, where the rest answers the question after it.
pub(super) fn first_of_two(walk: &Walk, step: &Step) -> Option<What> {
    let Verb::Ask(ask) = &step.verb else {
        return None;
    };
    let Expect::Options(options, choice) = &ask.expect else {
        return None;
    };
    let text = walk.conversation.last_reply.as_str();
    let (first, _) = clauses(text)?;
    let locale = walk.flow.locales[walk.locale_ix].as_str();
    let ix = choice.read(&Reply::read(first), locale)?.meaning;
    let next = Next::Go(options[ix].name.clone(), options[ix].then.clone());
    second(walk, step, text, &next).map(|_| What::Option(ix))
}

/// The question that comes next, and the value for it in what follows the first answer.
fn second<'f>(walk: &Walk<'f>, step: &Step, text: &str, next: &Next) -> Option<(&'f Step, Value)> {
    let (Verb::Ask(first), Next::Go(_, Target::Step(ix))) = (&step.verb, next) else {
        return None;
    };
    let flow = walk.flow;
    let to = flow.step(*ix);
    let Verb::Ask(ask) = &to.verb else {
        return None;
    };
    let (Expect::Options(_, choice), Expect::Value { kind, .. }) = (&first.expect, &ask.expect)
    else {
        return None;
    };
    if !matches!(kind, Kind::Email | Kind::Phone | Kind::Money) {
        return None;
    }
    let rest = after_first_clause(text, choice, walk)?;
    Some((to, plainly_told(ask, rest, walk)?))
}

/// What follows the first clause, where that clause is an answer by itself.
fn after_first_clause<'t>(text: &'t str, choice: &Choice, walk: &Walk) -> Option<&'t str> {
    let (first, rest) = clauses(text)?;
    let locale = walk.flow.locales[walk.locale_ix].as_str();
    choice.read(&Reply::read(first), locale)?;
    Some(rest)
}

/// A text at its first break: a line, a point, a comma, an "and".
fn clauses(text: &str) -> Option<(&str, &str)> {
    const ANDS: [&str; 5] = ["and ", "y ", "et ", "und ", "e "];
    let bytes = text.as_bytes();
    let gaps = (0..bytes.len()).filter(|at| matches!(bytes[*at], b' ' | b'\n'));
    gaps.into_iter().find_map(|at| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        if bytes[at] == b'\n' {
            return Some((before, after));
        }
        if let Some(b'.' | b',' | b';' | b'!') = before.bytes().next_back() {
            return Some((&text[..at - 1], after));
        }
        let joined = ANDS.iter().find_map(|and| after.strip_prefix(and));
        joined.map(|after| (before, after))
    })
}

/// A value of a kind that nothing else looks like: an address, a phone number, an amount of money.
fn plainly_told(ask: &Ask, rest: &str, walk: &Walk) -> Option<Value> {
    let asked = ask.asked(walk);
    let question = Question {
        asked,
        ..Question::default()
    };
    let verdict = crate::reply::meaning(&Reply::read(rest), &question);
    match verdict.meaning {
        Meaning::Value(value, _) if verdict.certain && is_no_other_number(&value) => Some(value),
        _ => None,
    }
}

/// "Yes, in 2027" tells a year, "yes, 2 of us" a count.
fn is_no_other_number(value: &Value) -> bool {
    const SMALL: f64 = 1_000.0;
    match value {
        Value::Money(_, Some(_)) => true,
        Value::Money(figure, None) | Value::Number(figure) => {
            *figure >= SMALL && !(1_900.0..=2_100.0).contains(figure)
        }
        _ => true,
    }
}

fn take_both(walk: &mut Walk, step: &Step, to: &Step, value: Value, next: Next) -> Next {
    let (Verb::Ask(ask), Next::Go(exit, _)) = (&to.verb, &next) else {
        return next;
    };
    let first = walk.understood.take();
    walk.path.push(Hop {
        from: walk.answered.take().unwrap_or_else(|| step.name.clone()),
        exit: exit.clone(),
        to: to.name.clone(),
    });
    walk.answered = Some(to.name.clone());
    let heard = Heard {
        certain: true,
        rule: TWO_ANSWERS,
        what: What::Value(value),
    };
    let next = ask.take(to, heard, walk);
    if let (Some(both), Some(first)) = (walk.understood.as_mut(), first) {
        let told = |u: &Understood| u.answer.clone().unwrap_or_default();
        both.answer = Some(format!("{}; {}", told(&first), told(both)));
        both.certain &= first.certain;
    }
    next
}
