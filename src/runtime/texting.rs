//! Hands one text to its carrier, and says what became of it: to the row, and to how the channel fares.

use crate::carrier::{
    self, Carrier, EffectRef, HttpAnswer, LookedUp, Means, Misconfigured, OutgoingSms, Repeats,
    Sent, Settings,
};
use crate::conversation::SmsMessage;
use crate::flow::workspace::Channel;
use crate::lead::Name;
use crate::runtime::deliver::{Deliverer, backoff, refused, retry};
use crate::runtime::health::{Report, State};
use crate::runtime::outside::{NoAnswer, Reach};
use crate::runtime::turn::LEASE;
use crate::runtime::work::{Job, SendResult};
use crate::store::SendStatus;
use crate::time::{Duration, Timestamp};

/// Under which the alarm stands that there is no channel at all.
const NO_CHANNEL: &str = "(none)";
pub(super) const CARRIER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

impl Deliverer {
    pub(super) async fn sms(&self, job: &Job, message: &SmsMessage) -> SendResult {
        let live = self.engine.live.load_full();
        let Some((name, channel)) = job
            .sending
            .channel
            .as_ref()
            .and_then(|name| live.workspace.channels.get_key_value(name))
        else {
            return self.no_channel(job);
        };
        let effect = EffectRef {
            lead: job.lead,
            seq: job.seq,
        };
        let status_url = format!("{}/hooks/{name}/status?effect={effect}", live.public_url);
        let outgoing = OutgoingSms {
            effect,
            to: &job.sending.to,
            from: job.sending.from.as_deref(),
            text: &message.text,
            media: &message.media,
            status_url: Some(&status_url),
        };
        if job.sending.status == SendStatus::Uncertain {
            return self.look_up(channel, &outgoing, job.sending.changed).await;
        }
        let attempts = job.sending.attempts;
        self.by_carrier(name, channel, &outgoing, attempts).await
    }

    /// The settings have no channel for it, now: it waits until they have.
    fn no_channel(&self, job: &Job) -> SendResult {
        let error = "workspace.yaml has no channel to send it by".to_string();
        // One that went between the leave and the sending: whether there is another is seen at once.
        if job.sending.channel.is_none() {
            let report = Report::Refuses(error.clone());
            let (health, clock) = (&self.engine.health, &self.engine.clock);
            health.report(&Name::from(NO_CHANNEL), report, clock.now());
        }
        SendResult::Paused { error }
    }

    /// Asks the carrier whether it has a text that is in doubt; `sent` is when it became so, at most a
    /// lease after it may have left.
    async fn look_up(
        &self,
        channel: &Channel,
        outgoing: &OutgoingSms<'_>,
        sent: Timestamp,
    ) -> SendResult {
        let uncertain = |error: &str| SendResult::Uncertain {
            error: error.to_string(),
        };
        let settings = Settings {
            values: &channel.settings,
            api: channel.api.as_deref(),
        };
        let Some(carrier) = carrier::find(&channel.carrier) else {
            return uncertain("the carrier is not in this build");
        };
        let sent = sent - LEASE;
        let request = match carrier.look_up(&settings, outgoing, sent) {
            Ok(request) => request,
            Err(misconfigured) => return uncertain(&misconfigured.0),
        };
        let answer = self
            .outside
            .send(request, Reach::Anywhere, CARRIER_TIMEOUT)
            .await;
        let found = answer.map(|answer| carrier.looked_up(&answer, outgoing, sent));
        match found {
            Ok(LookedUp::Has(id)) => SendResult::Accepted {
                provider_id: Some(id),
                delivered: false,
            },
            Ok(LookedUp::HasNot) => {
                uncertain("the carrier was asked and does not list it; it is not sent again")
            }
            Ok(LookedUp::Unclear) => retry(1, "the carrier could not be asked".to_string()),
            Err(no_answer) => retry(1, no_answer.to_string()),
        }
    }

    /// The channel that agents are told by: the first that is open, else the first.
    pub(super) fn channel_for_agents<'w>(
        &self,
        channels: &'w std::collections::BTreeMap<Name, Channel>,
    ) -> Option<(&'w Name, &'w Channel)> {
        let open = |(name, _): &(&Name, &Channel)| self.engine.health.of(name).state == State::Open;
        channels
            .iter()
            .find(open)
            .or_else(|| channels.iter().next())
    }

    pub(super) async fn by_carrier(
        &self,
        name: &Name,
        channel: &Channel,
        outgoing: &OutgoingSms<'_>,
        attempts: u8,
    ) -> SendResult {
        let Some(carrier) = carrier::find(&channel.carrier) else {
            let error = format!("the carrier `{}` is not in this build", channel.carrier);
            return self.pause(name, error);
        };
        if carrier.trust() == carrier::Trust::ThisMachine {
            return SendResult::Accepted {
                provider_id: Some(outgoing.effect.to_string()),
                delivered: true,
            };
        }
        let settings = Settings {
            values: &channel.settings,
            api: channel.api.as_deref(),
        };
        // The wall's time: a carrier knows no other.
        let now = crate::runtime::Clock::now(&crate::runtime::WallClock);
        let request = match carrier.send(&settings, outgoing, now) {
            Ok(request) => request,
            Err(Misconfigured(error)) if sends_nothing(carrier, &settings, outgoing, now) => {
                return self.pause(name, error);
            }
            Err(Misconfigured(error)) => return refused(&error),
        };
        let answer = self
            .outside
            .send(request, Reach::Anywhere, CARRIER_TIMEOUT)
            .await;
        let found = match answer {
            Ok(answer) => of_sent(carrier.outcome(&answer), &answer, carrier, attempts),
            Err(no_answer) => of_none(no_answer, carrier, attempts),
        };
        let clock = &self.engine.clock;
        self.engine.health.report(name, found.report, clock.now());
        let outcome = outcome_word(&found.result);
        metrics::counter!(
            "replytree_sms_total", "carrier" => carrier.name(), "outcome" => outcome
        )
        .increment(1);
        tracing::info!(carrier = carrier.name(), outcome, "a text was handed over");
        found.result
    }

    /// The settings of the channel let nothing leave: its texts wait until somebody mends them.
    fn pause(&self, name: &Name, error: String) -> SendResult {
        let now = self.engine.clock.now();
        self.engine
            .health
            .report(name, Report::Refuses(error.clone()), now);
        SendResult::Paused { error }
    }
}

/// Whether the plainest text could not be sent either: then it is the channel's fault, and not this text's.
fn sends_nothing(
    carrier: &dyn Carrier,
    settings: &Settings<'_>,
    outgoing: &OutgoingSms<'_>,
    now: Timestamp,
) -> bool {
    let plain = OutgoingSms {
        text: "x",
        media: &[],
        ..*outgoing
    };
    carrier.send(settings, &plain, now).is_err()
}

/// What an attempt says of the text, and of the channel.
pub(super) struct Found {
    pub result: SendResult,
    report: Report,
}

impl Found {
    fn works(result: SendResult) -> Self {
        let report = Report::Works;
        Self { result, report }
    }
}

/// `sent` is how the carrier's adapter reads the answer.
pub(super) fn of_sent(
    sent: Sent,
    answer: &HttpAnswer,
    carrier: &dyn Carrier,
    attempts: u8,
) -> Found {
    match sent {
        Sent::Accepted { id } => Found::works(SendResult::Accepted {
            provider_id: id,
            delivered: false,
        }),
        Sent::Retry { after, error } => {
            let busy = matches!(answer.status, 425 | 429 | 503)
                || carrier.means(&error.code) == Means::Busy;
            again(busy, answer, after, error.to_string(), attempts)
        }
        Sent::Refused { error } => Found::works(refused(&error.to_string())),
        Sent::Unreachable { error } => Found::works(SendResult::Unreachable {
            error: error.to_string(),
        }),
        Sent::OptedOut { error } => Found::works(SendResult::OptedOut {
            error: error.to_string(),
        }),
        Sent::Paused { error } => {
            let error = error.to_string();
            let report = Report::Refuses(error.clone());
            let result = SendResult::Paused { error };
            Found { result, report }
        }
        Sent::Unknown { error } => in_doubt(error.to_string(), carrier, attempts),
    }
}

/// Not taken. Too fast is said of the channel; a handset that is away, of the text alone.
fn again(busy: bool, answer: &HttpAnswer, after: Duration, error: String, attempts: u8) -> Found {
    let after = after.max(backoff(attempts));
    if busy {
        let asked = answer.retry_after(Duration::ZERO);
        let (result, report) = (SendResult::Busy { after, error }, Report::Busy(asked));
        return Found { result, report };
    }
    if (500..=599).contains(&answer.status) {
        let report = Report::Fails(error.clone());
        let result = SendResult::NotReached { after, error };
        return Found { result, report };
    }
    Found::works(SendResult::Retry { after, error })
}

pub(super) fn of_none(none: NoAnswer, carrier: &dyn Carrier, attempts: u8) -> Found {
    match none {
        // The address itself is wrong: nothing of this channel will leave.
        NoAnswer::Refused(error) => Found {
            report: Report::Refuses(error.clone()),
            result: SendResult::Paused { error },
        },
        NoAnswer::NotReached(error) => Found {
            report: Report::Fails(error.clone()),
            result: SendResult::NotReached {
                after: backoff(attempts),
                error,
            },
        },
        NoAnswer::Unknown(error) => in_doubt(error, carrier, attempts),
    }
}

/// A text goes again only where the carrier knows it by our id.
fn in_doubt(error: String, carrier: &dyn Carrier, attempts: u8) -> Found {
    let report = Report::Fails(error.clone());
    let result = match carrier.repeats() {
        Repeats::Safe => SendResult::Repeat {
            after: backoff(attempts),
            error,
        },
        Repeats::Forbidden => SendResult::Uncertain { error },
    };
    Found { result, report }
}

fn outcome_word(result: &SendResult) -> &'static str {
    match result {
        SendResult::Accepted { .. } => "accepted",
        SendResult::Refused { .. } => "refused",
        SendResult::Unreachable { .. } => "unreachable",
        SendResult::OptedOut { .. } => "opted_out",
        SendResult::Retry { .. } | SendResult::NotReached { .. } => "retry",
        SendResult::Busy { .. } => "busy",
        SendResult::Paused { .. } => "paused",
        SendResult::Repeat { .. } => "repeat",
        SendResult::Uncertain { .. } => "uncertain",
        SendResult::CallAnswered { .. }
        | SendResult::SlotsFound { .. }
        | SendResult::SlotHeld { .. } => "answered",
    }
}
