//! What a reply by email leads to. It moves the conversation as a text would; what it says of consent
//! counts for email, unless it speaks of texts too. Nothing said by email gives consent to texts.

use crate::advance::hear;
use crate::conversation::{EmailReply, Status, Understood};
use crate::flow::steps::Verb;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;
use crate::policy::consent::{Level, Scope};
use crate::policy::{ConsentChange, ConsentEvent};
use crate::reply::{self, Everywhere, Meaning, Reply, Verdict};
use crate::time::Timestamp;

/// As `hear::replied`.
pub(super) fn replied(
    walk: &mut Walk,
    status: &Status,
    email: &EmailReply,
) -> Option<Option<Next>> {
    if email.automatic {
        walk.understood = Some(Understood {
            kind: Name::from("machine"),
            answer: None,
            certain: true,
            rule: Name::from("auto-submitted"),
        });
        return Some(None);
    }
    let text = email.text.as_str();
    let reply = Reply::read(text);
    let flow = walk.flow;
    let open = match status {
        Status::Waiting(wait) => Some((wait, flow.step(flow.find(&wait.step)?))),
        _ => None,
    };
    let slots = open.and_then(|(wait, step)| hear::slot_choice(walk, wait, step));
    let question = hear::question(walk, open, slots.as_ref());
    let verdict = reply::meaning(&reply, &question);
    if let Meaning::Everywhere(kind @ (Everywhere::OptOut | Everywhere::WrongNumber)) =
        verdict.meaning
    {
        return Some(opt_out(walk, status, kind, &verdict, text));
    }
    if matches!(verdict.meaning, Meaning::Everywhere(Everywhere::Machine)) {
        walk.understood = Some(understood(Everywhere::Machine, &verdict));
        return Some(None);
    }
    if matches!(status, Status::Ended { .. } | Status::Scheduled) {
        return Some(None);
    }
    walk.conversation.last_reply = hear::kept(text).to_string();
    Some(match open {
        Some((wait, step)) => hear::answer(walk, step, wait, verdict),
        // An agent has it: the bot is silent.
        None => None,
    })
}

fn understood(kind: Everywhere, verdict: &Verdict<Meaning>) -> Understood {
    Understood {
        kind: Name::from(kind.as_str()),
        answer: None,
        certain: verdict.certain,
        rule: Name::from(verdict.rule),
    }
}

/// No more emails; no more texts either where the lead speaks of them, and then it is over.
fn opt_out(
    walk: &mut Walk,
    status: &Status,
    kind: Everywhere,
    verdict: &Verdict<Meaning>,
    text: &str,
) -> Option<Next> {
    walk.understood = Some(understood(kind, verdict));
    let row = unsubscribed("email", verdict.rule, text, walk.now);
    walk.note(crate::conversation::Effect::Consent(Box::new(row)));
    if kind == Everywhere::OptOut && reply::speaks_of(text).texts {
        let verdict = Verdict {
            meaning: kind,
            certain: verdict.certain,
            rule: verdict.rule,
        };
        hear::opt_out(walk, &verdict, text);
        let ended = matches!(status, Status::Ended { .. });
        return (!ended).then(|| Next::End(Name::from("opted_out")));
    }
    undelivered(walk, status)
}

/// Where the email step that waits leads without an email; `None` where none waits.
fn undelivered(walk: &Walk, status: &Status) -> Option<Next> {
    let Status::Waiting(wait) = status else {
        return None;
    };
    let flow = walk.flow;
    match &flow.step(flow.find(&wait.step)?).verb {
        Verb::Email(email) => Some(email.undelivered()),
        _ => None,
    }
}

/// An email does not arrive. Only the step that sent it, if it still waits for its answer, goes on.
pub(super) fn failed(walk: &Walk, status: &Status, step: Option<&Name>) -> Option<Next> {
    match status {
        Status::Waiting(wait) if Some(&wait.step) == step => undelivered(walk, status),
        _ => None,
    }
}

/// The ledger's row for a lead who wants no more marketing emails. `method` is how they said so.
pub fn unsubscribed(method: &str, rule: &str, wording: &str, at: Timestamp) -> ConsentEvent {
    ConsentEvent {
        source: "reply".to_string(),
        wording: wording.to_string(),
        rule: Some(rule.to_string()),
        own_act: true,
        scope: Some(Scope::of_email()),
        ..ConsentEvent::new(ConsentChange::Revoked, Level::Marketing, at, method)
    }
}
