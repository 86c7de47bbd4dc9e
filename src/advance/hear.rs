//! What a reply leads to, once `reply` has said what it means. Opt-out, opt-in and help come before
//! every flow; what is said to nobody in particular gives way to the answer.

use crate::advance::{by_email, late, notices};
use crate::conversation::{
    Awaiting, Conversation, Effect, Entry, Event, Seq, Status, Understood, Wait,
};
use crate::flow::steps::{
    Heard, Step, Verb, What, asks_to_cancel, asks_to_move, call_off, cancelled_text,
};
use crate::flow::walk::{Facts, Next, TextFrom, Walk};
use crate::flow::{AnytimeThen, Target};
use crate::lead::Name;
use crate::policy::{
    Consent, ConsentChange, ConsentEvent, MessageKind, Outgoing, Purpose, Verdict,
};
use crate::reply::{self, Asked, Choice, Everywhere, Listening, Meaning, Question, Reply};
use crate::time::Timestamp;

/// What a reply in a conversation leads to. `None`: nothing here; `Some(None)`: heard, it stands.
pub(super) fn replied(walk: &mut Walk, status: &Status, text: &str) -> Option<Option<Next>> {
    let reply = Reply::read(text);
    let flow = walk.flow;
    let open = match status {
        Status::Waiting(wait) => Some((wait, flow.step(flow.find(&wait.step)?))),
        _ => None,
    };
    let slots = open.and_then(|(wait, step)| slot_choice(walk, wait, step));
    let question = question(walk, open, slots.as_ref());
    let verdict = reply::meaning(&reply, &question);
    if let Meaning::Everywhere(kind) = verdict.meaning
        && let Some(next) = heeded_first(walk, status, &with(&verdict, kind), text)
    {
        return Some(next);
    }
    if let Some(next) = late::answer(walk, status, &reply, &verdict.meaning) {
        walk.conversation.last_reply = kept(text).to_string();
        return Some(Some(next));
    }
    if matches!(verdict.meaning, Meaning::Unclear)
        && let Some(next) = of_appointment(walk, status, text)
    {
        return Some(next);
    }
    if matches!(status, Status::Ended { .. } | Status::Scheduled) {
        return Some(None);
    }
    walk.conversation.last_reply = kept(text).to_string();
    Some(match open {
        Some((wait, step)) => {
            let next = answer(walk, step, wait, verdict);
            next.map(|next| late::also_answered(walk, step, text, next))
        }
        // An agent has it: the bot is silent.
        None => None,
    })
}

/// Another time for an appointment that is still to come, or its end. `None`: it is about neither.
fn of_appointment(walk: &mut Walk, status: &Status, text: &str) -> Option<Option<Next>> {
    let under_way = match status {
        Status::Waiting(_) => true,
        Status::Ended { .. } => false,
        _ => return None,
    };
    let booked = walk.conversation.booked()?;
    if booked.slot.start <= walk.now {
        return None;
    }
    // Its step is gone through again.
    if asks_to_move(text)
        && let Some(step) = walk.flow.find(&booked.step)
    {
        walk.understood = Some(appointment_word("reschedule", "reschedule-word"));
        return Some(Some(Next::go("reschedule", &Target::Step(step))));
    }
    if !asks_to_cancel(text) {
        return None;
    }
    walk.understood = Some(appointment_word("cancel", "cancel-words"));
    let confirmation = cancelled_text(walk, booked.slot.start);
    call_off(walk);
    let _ = walk.notice(confirmation, Purpose::Flow);
    // Whatever the flow still had to say was about it.
    Some(under_way.then(|| Next::End(Name::from("stopped"))))
}

fn appointment_word(kind: &'static str, rule: &'static str) -> Understood {
    Understood {
        kind: Name::fixed(kind),
        answer: None,
        certain: true,
        rule: Name::fixed(rule),
    }
}

/// The question that stands, as `reply` reads it.
pub(super) fn question<'q>(
    walk: &'q Walk,
    open: Option<(&'q Wait, &'q Step)>,
    slots: Option<&'q Choice>,
) -> Question<'q> {
    let flow = walk.flow;
    let locale = &flow.locales[walk.locale_ix];
    let asked = match open {
        Some((
            Wait {
                what: Awaiting::Reply { .. },
                ..
            },
            step,
        )) => match &step.verb {
            Verb::Ask(ask) => ask.asked(walk),
            Verb::Book(_) => slots.map_or(Asked::Nothing, |choice| Asked::Choice {
                choice,
                names: &[],
                locale,
            }),
            _ => Asked::Nothing,
        },
        _ => Asked::Nothing,
    };
    let anytime = (open.is_some() && !flow.anytime.is_empty()).then_some(&flow.anytime_phrases);
    Question {
        asked,
        anytime,
        listening: listening(walk.facts),
    }
}

/// The offered slots as numbered choices, where a `book` waits for one of them.
pub(super) fn slot_choice(walk: &Walk, wait: &Wait, step: &Step) -> Option<Choice> {
    match (&step.verb, &wait.what) {
        (Verb::Book(book), Awaiting::Reply { slots, .. }) => Some(book.choice(walk, slots)),
        _ => None,
    }
}

fn with<T>(verdict: &reply::Verdict<Meaning>, meaning: T) -> reply::Verdict<T> {
    reply::Verdict {
        meaning,
        certain: verdict.certain,
        rule: verdict.rule,
    }
}

/// How much of a reply is kept for `{last_reply}`, in characters.
const LAST_REPLY_MAX: usize = 300;

/// Whether the lead says again what the conversation heard last.
pub fn is_last_reply(conversation: &Conversation, text: &str) -> bool {
    !text.is_empty() && conversation.last_reply == kept(text)
}

pub(super) fn kept(text: &str) -> &str {
    if text.len() <= LAST_REPLY_MAX {
        return text;
    }
    text.char_indices()
        .nth(LAST_REPLY_MAX)
        .map_or(text, |(end, _)| &text[..end])
}

fn listening(facts: &Facts) -> Listening {
    Listening {
        opted_out: facts.policy.standing.is_opted_out(),
        awaiting_double_opt_in: matches!(facts.policy.standing.consent, Consent::Pending(_)),
    }
}

/// Opt-out, opt-in, help and machines come before every flow. `None`: not one of these.
fn heeded_first(
    walk: &mut Walk,
    status: &Status,
    verdict: &reply::Verdict<Everywhere>,
    text: &str,
) -> Option<Option<Next>> {
    let kind = verdict.meaning;
    if !matches!(
        kind,
        Everywhere::Machine | Everywhere::OptOut | Everywhere::OptIn | Everywhere::Help
    ) {
        return None;
    }
    walk.understood = Some(understood(verdict));
    let notices = notices::of(&walk.conversation.locale);
    match kind {
        Everywhere::OptOut => {
            opt_out(walk, verdict, text);
            let ended = matches!(status, Status::Ended { .. });
            Some((!ended).then(|| Next::End(Name::from("opted_out"))))
        }
        Everywhere::OptIn => {
            opt_in(walk, verdict, text);
            Some(None)
        }
        Everywhere::Help => {
            let text = notices.help(walk.facts, &walk.conversation.locale);
            let _ = walk.notice(text, Purpose::Help);
            Some(None)
        }
        _ => Some(None),
    }
}

pub(super) fn understood(verdict: &reply::Verdict<Everywhere>) -> Understood {
    Understood {
        kind: Name::fixed(verdict.meaning.as_str()),
        answer: None,
        certain: verdict.certain,
        rule: Name::fixed(verdict.rule),
    }
}

pub(super) fn opt_out(walk: &mut Walk, verdict: &reply::Verdict<Everywhere>, text: &str) {
    let again = walk.facts.policy.standing.is_opted_out();
    walk.note(Effect::CancelQueued);
    let row = ConsentEvent::by_text(ConsentChange::Revoked, verdict.rule, text, walk.now);
    walk.note(Effect::Consent(Box::new(row)));
    if reply::speaks_of(text).emails {
        let row = by_email::unsubscribed("sms", verdict.rule, text, walk.now);
        walk.note(Effect::Consent(Box::new(row)));
    }
    if !again {
        let notices = notices::of(&walk.conversation.locale);
        let text = notices.opted_out(walk.facts, &walk.conversation.locale);
        let _ = walk.notice(text, Purpose::OptOutConfirmation);
    }
}

fn opt_in(walk: &mut Walk, verdict: &reply::Verdict<Everywhere>, text: &str) {
    if matches!(walk.facts.policy.standing.consent, Consent::Given(..)) {
        return;
    }
    let row = given(walk.facts, verdict.rule, text, walk.now);
    walk.note(Effect::Consent(Box::new(row)));
    let confirmation = notices::opt_in_confirmation(walk.facts, &walk.conversation.locale);
    walk.send(Effect::Sms(confirmation));
}

/// The ledger's row for a consent given by text: the answer to our question, or of their own accord.
fn given(facts: &Facts, rule: &str, text: &str, at: Timestamp) -> ConsentEvent {
    let mut row = ConsentEvent::by_text(ConsentChange::Given, rule, text, at);
    if matches!(facts.policy.standing.consent, Consent::Pending(_)) {
        row.method = "double_opt_in".to_string();
    }
    row
}

pub(super) fn answer(
    walk: &mut Walk,
    step: &Step,
    wait: &Wait,
    verdict: reply::Verdict<Meaning>,
) -> Option<Next> {
    let (certain, rule) = (verdict.certain, verdict.rule);
    let what = match verdict.meaning {
        Meaning::Anytime(heard) => return anytime(walk, wait, heard, (certain, rule)),
        Meaning::Everywhere(kind) => {
            let said = reply::Verdict {
                meaning: kind,
                certain,
                rule,
            };
            match said_otherwise(walk, wait, &said) {
                Some(next) => return next,
                None => None,
            }
        }
        Meaning::Option(ix, _) => Some(What::Option(ix)),
        Meaning::Value(value, _) => Some(What::Value(value)),
        // "Yes and my budget is 20000": the number hides the yes from who reads it whole.
        Meaning::Unclear => late::first_of_two(walk, step),
    };
    let Awaiting::Reply {
        rung,
        unclear,
        slots,
        ..
    } = &wait.what
    else {
        return None;
    };
    match (&step.verb, what) {
        (Verb::Email(email), _) => return Some(Next::go("then", &email.then)),
        (Verb::Ask(ask), Some(what)) => {
            return Some(ask.take(
                step,
                Heard {
                    certain,
                    rule,
                    what,
                },
                walk,
            ));
        }
        (Verb::Book(book), Some(What::Option(ix))) if ix < slots.len() => {
            walk.understood = Some(book.understood(walk, &slots[ix], (certain, rule)));
            return Some(book.hold(step, walk, &slots[ix]));
        }
        _ => {}
    }
    walk.understood = Some(Understood {
        kind: Name::from("unclear"),
        answer: None,
        certain: true,
        rule: Name::from(rule),
    });
    match &step.verb {
        Verb::Ask(ask) => Some(ask.unclear(step, walk, *rung, *unclear)),
        Verb::Book(book) => Some(book.unclear(step, walk, slots, *rung, *unclear)),
        _ => None,
    }
}

/// Something the flow hears at any time.
fn anytime(
    walk: &mut Walk,
    wait: &Wait,
    heard: usize,
    (certain, rule): (bool, &str),
) -> Option<Next> {
    let flow = walk.flow;
    let heard = flow.anytime.get(heard)?;
    walk.understood = Some(Understood {
        kind: Name::from("anytime"),
        answer: Some(heard.name.to_string()),
        certain,
        rule: Name::from(rule),
    });
    match &heard.then {
        AnytimeThen::Say(text) => match walk.text(&TextFrom::step(&wait.step, text)) {
            Ok(seq) => stands_again(wait, seq),
            Err(_) => None,
        },
        AnytimeThen::Go(text, target) => {
            if let Some(text) = text {
                // Where it may not be sent, the way is taken all the same.
                let _ = walk.text(&TextFrom::step(&wait.step, text));
            }
            Some(Next::Go(heard.name.clone(), target.clone()))
        }
    }
}

/// The open question stands again; its clock starts anew when `seq` is accepted.
fn stands_again(wait: &Wait, seq: Seq) -> Option<Next> {
    match &wait.what {
        Awaiting::Reply {
            rung,
            unclear,
            slots,
            ..
        } => {
            let what = Awaiting::Reply {
                rung: *rung,
                unclear: *unclear,
                sending: Some(seq),
                slots: slots.clone(),
            };
            Some(Next::Rest(
                Status::Waiting(Wait {
                    step: wait.step.clone(),
                    what,
                }),
                None,
            ))
        }
        Awaiting::Time | Awaiting::LeadEvent(_) | Awaiting::Answer(_) => None,
    }
}

/// What is understood everywhere but gives way to an answer. `None`: not one of these.
fn said_otherwise(
    walk: &mut Walk,
    wait: &Wait,
    verdict: &reply::Verdict<Everywhere>,
) -> Option<Option<Next>> {
    walk.understood = Some(understood(verdict));
    let notices = notices::of(&walk.conversation.locale);
    match verdict.meaning {
        Everywhere::WrongNumber => {
            let text = walk.conversation.last_reply.clone();
            walk.note(Effect::CancelQueued);
            let row = ConsentEvent::by_text(ConsentChange::Revoked, verdict.rule, &text, walk.now);
            walk.note(Effect::Consent(Box::new(row)));
            let text = notices.wrong_number(walk.facts.workspace);
            let _ = walk.notice(text, Purpose::OptOutConfirmation);
            Some(Some(Next::End(Name::from("wrong_number"))))
        }
        Everywhere::Decline => Some(Some(Next::End(Name::from("stopped")))),
        Everywhere::WhoIsThis => {
            let text = notices.who_we_are(walk.facts.workspace);
            Some(match walk.notice(text, Purpose::Help) {
                Ok(seq) => stands_again(wait, seq),
                Err(_) => None,
            })
        }
        Everywhere::CallMe => {
            let handoff = walk.flow.callback().map(Target::Step);
            handoff.map(|target| Some(Next::Go(Name::from("call_me"), target)))
        }
        Everywhere::Machine | Everywhere::OptOut | Everywhere::OptIn | Everywhere::Help => None,
    }
}

/// A text from a lead who is in no conversation: STOP, START and HELP count all the same. The effects
/// are numbered on from `Facts::next_seq`, which the entry takes.
pub fn stranger(
    facts: &Facts,
    event: Event,
    locale: &str,
    now: Timestamp,
) -> (Entry, Vec<(Seq, Effect)>) {
    let mut effects = Vec::new();
    let mut said = None;
    if let Event::Replied { text, .. } = &event
        && let Some(verdict) = reply::everywhere(&Reply::read(text), listening(facts))
    {
        stranger_said(facts, &verdict, text, locale, now, &mut effects);
        said = Some(understood(&verdict));
    }
    (
        Entry {
            event,
            understood: said,
            path: Vec::new(),
        },
        effects,
    )
}

fn stranger_said(
    facts: &Facts,
    verdict: &reply::Verdict<Everywhere>,
    text: &str,
    locale: &str,
    now: Timestamp,
    effects: &mut Vec<(Seq, Effect)>,
) {
    let notices = notices::of(locale);
    let workspace = facts.workspace;
    let opted_out = facts.policy.standing.is_opted_out();
    let revoke = || {
        let row = ConsentEvent::by_text(ConsentChange::Revoked, verdict.rule, text, now);
        Effect::Consent(Box::new(row))
    };
    let (note, notice) = match verdict.meaning {
        Everywhere::OptOut => {
            let confirm = (!opted_out).then(|| {
                (
                    notices.opted_out(facts, locale),
                    Purpose::OptOutConfirmation,
                )
            });
            (Some(revoke()), confirm)
        }
        Everywhere::WrongNumber => {
            let confirm = (!opted_out)
                .then(|| (notices.wrong_number(workspace), Purpose::OptOutConfirmation));
            (Some(revoke()), confirm)
        }
        Everywhere::OptIn if !matches!(facts.policy.standing.consent, Consent::Given(..)) => {
            let give = given(facts, verdict.rule, text, now);
            let confirm = (notices.opted_in(facts, locale), Purpose::OptInConfirmation);
            (Some(Effect::Consent(Box::new(give))), Some(confirm))
        }
        Everywhere::Help => (None, Some((notices.help(facts, locale), Purpose::Help))),
        Everywhere::WhoIsThis => (None, Some((notices.who_we_are(workspace), Purpose::Help))),
        Everywhere::OptIn | Everywhere::Machine | Everywhere::CallMe | Everywhere::Decline => {
            (None, None)
        }
    };
    if note.is_some()
        && matches!(
            verdict.meaning,
            Everywhere::OptOut | Everywhere::WrongNumber
        )
    {
        effects.push((0, Effect::CancelQueued));
    }
    effects.extend(note.map(|effect| (0, effect)));
    if verdict.meaning == Everywhere::OptOut && reply::speaks_of(text).emails {
        let row = by_email::unsubscribed("sms", verdict.rule, text, now);
        effects.push((0, Effect::Consent(Box::new(row))));
    }
    if let Some((text, purpose)) = notice
        && may_answer(facts, purpose, now)
    {
        let message = crate::conversation::SmsMessage {
            text,
            media: Vec::new(),
            kind: MessageKind::Transactional,
            purpose,
            channel: None,
            hold: None,
            step: None,
            appointment: None,
        };
        effects.push((facts.next_seq + 1, Effect::Sms(message)));
    }
}

fn may_answer(facts: &Facts, purpose: Purpose, now: Timestamp) -> bool {
    let out = Outgoing {
        kind: MessageKind::Transactional,
        purpose,
        window: None,
    };
    // An opt-in is recorded in the same commit as its confirmation: the gate at hand-off sees it.
    purpose == Purpose::OptInConfirmation
        || crate::policy::gate(&out, &facts.policy, &facts.workspace.rules, now) == Verdict::Send
}
