//! What is understood ahead of every flow, in an order that is the meaning: what no person wrote, then
//! opt-outs, then opt-ins and help; wrong numbers and the rest only when an answer did not come first.

use super::lexicon::{self, Found, Topic};
use super::{Everywhere, Listening, Reply, Verdict, keywords, machine, optout};

/// Opt-out, opt-in, help and the rest, in every language at once, whatever the lead's locale.
pub fn everywhere(reply: &Reply, listening: Listening) -> Option<Verdict<Everywhere>> {
    first_of_all(reply, listening).or_else(|| after_answers(reply))
}

/// The part of [`everywhere`] that no answer outranks: machines, opt-out, opt-in, help.
pub fn first_of_all(reply: &Reply, listening: Listening) -> Option<Verdict<Everywhere>> {
    let core = keywords::core(reply);
    if let Some(verdict) = keywords::whole(reply, core.clone(), listening) {
        return Some(verdict);
    }
    if reply.words.len() <= 1 {
        return optout::read(reply).or_else(|| keywords::slipped(reply, core));
    }
    machine::read(reply)
        .or_else(|| optout::read(reply))
        .or_else(|| keywords::slipped(reply, core))
        .or_else(|| opt_in_again(reply, listening))
        .or_else(|| {
            let (_, certain) = find(reply, Topic::Help)?;
            Some(Verdict {
                meaning: Everywhere::Help,
                certain,
                rule: "help-phrase",
            })
        })
}

fn opt_in_again(reply: &Reply, listening: Listening) -> Option<Verdict<Everywhere>> {
    if !listening.opted_out && !listening.awaiting_double_opt_in {
        return None;
    }
    let (_, certain) = find(reply, Topic::OptInAgain)?;
    (!reply.question).then_some(Verdict {
        meaning: Everywhere::OptIn,
        certain,
        rule: "opt-in-phrase",
    })
}

/// The part of [`everywhere`] that an exact answer to an open question outranks.
pub fn after_answers(reply: &Reply) -> Option<Verdict<Everywhere>> {
    const ORDER: [(Topic, Everywhere, &str); 4] = [
        (Topic::WrongNumber, Everywhere::WrongNumber, "wrong-number"),
        (Topic::WhoIsThis, Everywhere::WhoIsThis, "who-is-this"),
        (Topic::CallMe, Everywhere::CallMe, "call-me"),
        (Topic::Decline, Everywhere::Decline, "decline"),
    ];
    ORDER.into_iter().find_map(|(topic, meaning, rule)| {
        let (_, certain) = find(reply, topic)?;
        Some(Verdict {
            meaning,
            certain,
            rule,
        })
    })
}

/// The first rule of a topic that matches: where, and whether it is certain.
pub(super) fn find(reply: &Reply, topic: Topic) -> Option<(Found, bool)> {
    if reply.words.topics & topic.bit() == 0 {
        return None;
    }
    lexicon::get().find(topic, reply.words.as_slice())
}
