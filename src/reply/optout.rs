//! Opt-outs in sentences, in any of the languages. The rules are in the language files; here is what
//! they may not be read from: questions about stopping, and stopping that was, or is not wanted.

use super::everywhere::find;
use super::lexicon::{self, Concept, Found, Topic};
use super::{Everywhere, Reply, Verdict};

pub(super) fn read(reply: &Reply) -> Option<Verdict<Everywhere>> {
    let wish = find(reply, Topic::ChannelWish);
    let (found, certain) = find(reply, Topic::OptOut).or(wish)?;
    if find(reply, Topic::KeepTexting).is_some() || is_asked_and_denied(reply, found) {
        return None;
    }
    Some(Verdict {
        meaning: Everywhere::OptOut,
        certain,
        rule: if wish.is_some() {
            "channel-wish"
        } else {
            "opt-out-phrase"
        },
    })
}

/// "Unsubscribe? No": the lead asks themselves, and says no.
fn is_asked_and_denied(reply: &Reply, found: Found) -> bool {
    let words = reply.words.as_slice();
    let asked = found.end.checked_sub(1).is_some_and(|i| words[i].asks);
    let rest = words.get(found.end..).unwrap_or_default();
    let denied = |language: &lexicon::Language| {
        let no = language.phrase(rest);
        no.is_some_and(|(n, bits)| {
            let alone = n == rest.len() || rest[n - 1].breaks;
            alone && bits & Concept::No.bit() != 0
        })
    };
    asked && lexicon::get().languages.iter().any(denied)
}
