//! Opt-outs in sentences, in any of the languages. The rules are in the language files; here is what
//! they may not be read from: questions about stopping, and stopping that was, or is not wanted.

use super::everywhere::find;
use super::lexicon::Topic;
use super::{Everywhere, Reply, Verdict};

pub(super) fn read(reply: &Reply) -> Option<Verdict<Everywhere>> {
    let (_, certain) = find(reply, Topic::OptOut)?;
    if find(reply, Topic::KeepTexting).is_some() {
        return None;
    }
    Some(Verdict {
        meaning: Everywhere::OptOut,
        certain,
        rule: "opt-out-phrase",
    })
}
