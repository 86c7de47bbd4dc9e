//! From what figures on something is wrong with a flow: so many in one period, and it stands still until
//! somebody has looked. At half of a figure it is said.

use crate::flow::workspace::read::word;
use crate::flow::yaml::Node;
use crate::time::Duration;

/// All are counts in one `window`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anomalies {
    pub window: Duration,
    /// Replies to one flow.
    pub replies: u32,
    /// Numbers that one and the same long text comes from, understood by no question.
    pub same_text: u32,
    /// Texts on one channel from numbers in no conversation. They are only told of: no flow is at fault.
    pub strangers: u32,
    /// Opt-outs of one flow, or on one channel, if they are also `opt_out_percent` of its replies.
    pub opt_outs: u32,
    pub opt_out_percent: u32,
    /// Replies of one lead. After so many only answers to the open question are heard: it is a robot.
    pub exchanges: u32,
    /// A text of so many words or more that says the same as the one before is a robot's too.
    pub echo_words: u32,
}

impl Default for Anomalies {
    fn default() -> Self {
        Self {
            window: Duration::mins(10),
            replies: 20_000,
            same_text: 50,
            strangers: 500,
            opt_outs: 25,
            opt_out_percent: 30,
            exchanges: 15,
            echo_words: 3,
        }
    }
}

pub(super) fn read(node: Option<&Node>) -> Anomalies {
    let defaults = Anomalies::default();
    let under = |key: &str| word(node.and_then(|node| node.get(key)));
    Anomalies {
        window: word(node.and_then(|node| node.get("window"))).unwrap_or(defaults.window),
        replies: under("replies").unwrap_or(defaults.replies),
        same_text: under("same_text").unwrap_or(defaults.same_text),
        strangers: under("strangers").unwrap_or(defaults.strangers),
        opt_outs: under("opt_outs").unwrap_or(defaults.opt_outs),
        opt_out_percent: under("opt_out_percent").unwrap_or(defaults.opt_out_percent),
        exchanges: under("exchanges").unwrap_or(defaults.exchanges),
        echo_words: under("echo_words").unwrap_or(defaults.echo_words),
    }
}
