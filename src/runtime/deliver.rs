//! Carries one job out in the outside world, and says how it went. Which client, which signature, which
//! answer means what; when and how often is `dispatch`'s to decide.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as StdDuration;

use futures_util::future::join_all;
use serde_json::{Map, Value as Json, json};

use crate::carrier::{EffectRef, HttpRequest, signing};
use crate::conversation::{AgentWay, Conversation, Effect, Seq};
use crate::flow::workspace::Endpoint;
use crate::lead::{Name, PhoneNumber, Value};
use crate::runtime::mail::{self, Mailer};
use crate::runtime::outside::{NoAnswer, Outside, Reach, is_this_machine};
use crate::runtime::work::{Job, SendResult};
use crate::runtime::{Engine, free_times, perform};
use crate::time::Duration;

const WEBHOOK_TIMEOUT: StdDuration = StdDuration::from_secs(5);
const RETRY_FIRST: Duration = Duration::secs(2);
/// How often an endpoint is asked before the flow takes its `failed` exit: a lead is waiting.
const CALL_ATTEMPTS_MAX: u8 = 2;

pub struct Deliverer {
    pub engine: Arc<Engine>,
    pub outside: Outside,
    pub mailer: Mailer,
    /// Which webhooks have answered for good what is to be tried again for others.
    pub answered: Answered,
}

impl Deliverer {
    pub async fn carry_out(&self, job: &Job) -> SendResult {
        match &job.effect {
            Effect::Sms(message) => self.sms(job, message).await,
            Effect::Email(message) => self.email(job, message).await,
            Effect::TellAgent(note) => self.tell_agent(job, note, Reach::Public).await,
            Effect::Bridge { to, .. } => self.bridge(job, *to).await,
            Effect::Call {
                endpoint,
                with,
                save,
            } => self.call(job, endpoint, with, save, Reach::Public).await,
            Effect::Notify { event } => self.notify(job, event, Reach::Public).await,
            Effect::FindSlots { .. } | Effect::HoldSlot { .. } | Effect::FreeSlot { .. } => {
                self.calendar(job, Reach::Public).await
            }
            Effect::AlertAgents(_)
            | Effect::NudgeAgents { .. }
            | Effect::FreeTexts { .. }
            | Effect::DropReminders { .. }
            | Effect::CloseHandoff { .. }
            | Effect::SetField { .. }
            | Effect::CancelQueued
            | Effect::Consent(_)
            | Effect::Shortlink { .. }
            | Effect::MarkUnreachable => refused("this effect does not go out"),
        }
    }

    /// What the sandbox really carries out: calls and webhooks to this very machine.
    pub async fn on_this_machine(&self, job: &Job) -> Option<SendResult> {
        let live = self.engine.live.load_full();
        let local = |url: &str| url.parse().is_ok_and(|url| is_this_machine(&url));
        match &job.effect {
            Effect::Call {
                endpoint,
                with,
                save,
            } => {
                let known = live.workspace.endpoints.get(endpoint)?;
                if !local(&known.url) {
                    return None;
                }
                let reach = Reach::ThisMachine;
                Some(self.call(job, endpoint, with, save, reach).await)
            }
            Effect::Notify { event } => {
                let any = live
                    .workspace
                    .webhooks
                    .values()
                    .any(|webhook| local(&webhook.url) && wants(&webhook.events, event));
                match any {
                    true => Some(self.notify(job, event, Reach::ThisMachine).await),
                    false => None,
                }
            }
            Effect::FindSlots { .. } | Effect::HoldSlot { .. } => {
                let asked = free_times::asked(&live.workspace, job)?;
                let known = live.workspace.endpoints.get(&asked.endpoint)?;
                match local(&known.url) {
                    true => Some(self.calendar(job, Reach::ThisMachine).await),
                    false => None,
                }
            }
            Effect::TellAgent(note) if note.way == AgentWay::Webhook => {
                let url = live.workspace.agent(&note.agent)?.webhook.clone()?;
                match local(&url) {
                    true => Some(self.tell_agent(job, note, Reach::ThisMachine).await),
                    false => None,
                }
            }
            _ => None,
        }
    }

    /// The workspace's own calendar, or the endpoint that keeps it.
    async fn calendar(&self, job: &Job, reach: Reach) -> SendResult {
        let live = self.engine.live.load_full();
        if let Some(asked) = free_times::asked(&live.workspace, job) {
            let endpoint = asked.endpoint.clone();
            let answer = self.call(job, &endpoint, &asked.with, &*free_times::WHOLE, reach);
            return free_times::answered(&live.workspace, job, answer.await);
        }
        let (engine, job) = (self.engine.clone(), job.clone());
        let done = tokio::task::spawn_blocking(move || perform::calendar(&engine, &job)).await;
        match done {
            Ok(Some(result)) => result,
            _ => refused("the calendar could not be asked"),
        }
    }

    async fn call(
        &self,
        job: &Job,
        name: &Name,
        with: &[(Name, Value)],
        save: &[(Name, String)],
        reach: Reach,
    ) -> SendResult {
        let live = self.engine.live.load_full();
        let Some(endpoint) = live.workspace.endpoints.get(name) else {
            return SendResult::CallAnswered { saved: None };
        };
        let Some(request) = call_request(endpoint, with, &id_of(job, "")) else {
            return SendResult::CallAnswered { saved: None };
        };
        let timeout = endpoint.timeout.to_std();
        match self.outside.send(request, reach, timeout).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                let json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
                SendResult::CallAnswered {
                    saved: Some(perform::saved(&json, save)),
                }
            }
            Ok(answer) if matches!(answer.status, 408 | 429 | 500..=599) => {
                call_again(job, format!("it answered {}", answer.status))
            }
            Ok(_) | Err(NoAnswer::Refused(_)) => SendResult::CallAnswered { saved: None },
            Err(no_answer) => call_again(job, no_answer.to_string()),
        }
    }

    /// Tells every webhook of the workspace that wants to hear of the event.
    async fn notify(&self, job: &Job, event: &Name, reach: Reach) -> SendResult {
        let live = self.engine.live.load_full();
        let data = self.conversation_json(job).await;
        let body = json!({
            "type": event.as_str(),
            "timestamp": job.sending.changed.to_string(),
            "data": data,
        });
        let mut answered = self.answered.take(job);
        let asked = live.workspace.webhooks.iter().filter(|(name, webhook)| {
            wants(&webhook.events, event) && !answered.contains_key(*name)
        });
        let posts = asked.map(|(name, webhook)| {
            let (id, secret) = (id_of(job, name), webhook.secret.as_deref());
            let body = &body;
            async move {
                let posted = self.post(&webhook.url, secret, &id, body, reach).await;
                (name, posted)
            }
        });
        let mut later = None;
        for (name, posted) in join_all(posts).await {
            match posted {
                Ok(()) => drop(answered.insert(name.clone(), None)),
                Err(NoAnswer::Refused(error)) => {
                    answered.insert(name.clone(), Some(error));
                }
                Err(error) => later = Some((name, error)),
            }
        }
        let named = |name: &Name, error: &str| format!("the webhook `{name}`: {error}");
        if let Some((name, error)) = later {
            self.answered.keep(job, answered);
            return tell_again(job.sending.attempts, named(name, &error.to_string()));
        }
        let refusal = answered
            .iter()
            .find_map(|(name, error)| Some(named(name, error.as_ref()?)));
        match refusal {
            Some(error) => refused(&error),
            None => told(None, job.sending.attempts),
        }
    }

    async fn conversation_json(&self, job: &Job) -> Json {
        let (store, conversation) = (self.engine.store.clone(), job.conversation);
        let read = tokio::task::spawn_blocking(move || match conversation {
            Some(id) => store.conversation(id),
            None => Ok(None),
        });
        let found = read.await.ok().and_then(Result::ok).flatten();
        let mut data = json!({ "phone": job.lead.to_string() });
        if let (Some(conversation), Some(members)) = (found, data.as_object_mut()) {
            members.extend(conversation_members(&conversation));
        }
        data
    }

    /// Posts JSON, signed as in Standard Webhooks where there is a secret.
    pub(super) async fn post(
        &self,
        url: &str,
        secret: Option<&str>,
        id: &str,
        body: &Json,
        reach: Reach,
    ) -> Result<(), NoAnswer> {
        let body = body.to_string().into_bytes();
        let now = crate::runtime::Clock::now(&crate::runtime::WallClock);
        let mut headers = match secret {
            Some(secret) => signing::sign(secret, id, now, &body)
                .map_err(|misconfigured| NoAnswer::Refused(misconfigured.0))?,
            None => vec![(signing::ID.to_string(), id.to_string())],
        };
        headers.push(("content-type".to_string(), "application/json".to_string()));
        let request = HttpRequest {
            method: "POST",
            url: url.to_string(),
            headers,
            body,
        };
        let answer = self.outside.send(request, reach, WEBHOOK_TIMEOUT).await?;
        match answer.status {
            200..=299 => Ok(()),
            408 | 425 | 429 | 500..=599 => Err(NoAnswer::NotReached(format!(
                "it answered {}",
                answer.status
            ))),
            status => Err(NoAnswer::Refused(format!("it answered {status}"))),
        }
    }
}

/// The same each time this job is tried, and different for each receiver.
pub(super) fn id_of(job: &Job, receiver: &str) -> String {
    let effect = EffectRef {
        lead: job.lead,
        seq: job.seq,
    };
    match receiver {
        "" => effect.to_string(),
        receiver => format!("{effect}-{receiver}"),
    }
}

fn conversation_members(conversation: &Conversation) -> Map<String, Json> {
    let outcome = match &conversation.status {
        crate::conversation::Status::Ended { outcome } => Some(outcome.as_str()),
        _ => None,
    };
    let members = json!({
        "conversation_id": conversation.id.to_string(),
        "flow": conversation.flow.as_str(),
        "version": conversation.version.to_string(),
        "status": conversation.status_name(),
        "step": conversation.step().map(|step| step.as_str()),
        "outcome": outcome,
        "score": conversation.score,
        "agent": conversation.agent,
        "answers": plain(&conversation.answers),
    });
    match members {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

fn plain(values: &[(Name, Value)]) -> Json {
    let members: Map<String, Json> = values
        .iter()
        .map(|(name, value)| (name.to_string(), plain_value(value)))
        .collect();
    Json::Object(members)
}

fn plain_value(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Text(text) | Value::Date(text) | Value::Time(text) => json!(text),
        Value::Number(number) | Value::Money(number, _) => json!(number),
        Value::Bool(truth) => json!(truth),
        Value::Moment(at) => json!(at.to_string()),
        Value::List(items) => json!(items),
    }
}

/// Patterns such as `lead.*`, `conversation.ended`, `*`; no pattern at all means everything.
fn wants(patterns: &[String], event: &str) -> bool {
    patterns.is_empty()
        || patterns
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(begin) => event.starts_with(begin),
                None => pattern == event,
            })
}

fn call_request(endpoint: &Endpoint, with: &[(Name, Value)], id: &str) -> Option<HttpRequest> {
    let method = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .find(|known| endpoint.method.eq_ignore_ascii_case(known))?;
    let mut headers: Vec<(String, String)> = endpoint
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    headers.push(("idempotency-key".to_string(), id.to_string()));
    headers.push(("accept".to_string(), "application/json".to_string()));
    let mut url: reqwest::Url = endpoint.url.parse().ok()?;
    let mut body = Vec::new();
    if method == "GET" {
        if !with.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in with {
                let text = match plain_value(value) {
                    Json::String(text) => text,
                    Json::Null => String::new(),
                    other => other.to_string(),
                };
                query.append_pair(name, &text);
            }
        }
    } else {
        headers.push(("content-type".to_string(), "application/json".to_string()));
        body = plain(with).to_string().into_bytes();
    }
    Some(HttpRequest {
        method,
        url: url.to_string(),
        headers,
        body,
    })
}

pub(super) fn refused(error: &str) -> SendResult {
    tracing::warn!(reason = error, "an outgoing row was refused");
    SendResult::Refused {
        error: error.to_string(),
    }
}

/// 2, 4, 8 … seconds, at most 5 minutes.
pub(super) fn backoff(attempts: u8) -> Duration {
    let doubled = RETRY_FIRST.as_ms() << attempts.saturating_sub(1).min(7);
    Duration::from_ms(doubled.min(300_000))
}

pub(super) fn retry(attempts: u8, error: String) -> SendResult {
    SendResult::Retry {
        after: backoff(attempts),
        error,
    }
}

fn call_again(job: &Job, error: String) -> SendResult {
    match job.sending.attempts {
        tried if tried >= CALL_ATTEMPTS_MAX => SendResult::CallAnswered { saved: None },
        _ => SendResult::Retry {
            after: Duration::secs(1),
            error,
        },
    }
}

pub(super) fn told(failed: Option<NoAnswer>, attempts: u8) -> SendResult {
    match failed {
        None => SendResult::Accepted {
            provider_id: None,
            delivered: false,
        },
        Some(NoAnswer::Refused(error)) => refused(&error),
        Some(NoAnswer::NotReached(error) | NoAnswer::Unknown(error)) => tell_again(attempts, error),
    }
}

/// How often an alert or a webhook is tried: for most of a day, as letters are.
pub const TELL_ATTEMPTS_MAX: u8 = 1 + mail::ATTEMPTS_MAX;

/// An alert or a webhook goes again under the same id: at once, then as letters do.
pub(super) fn tell_again(attempts: u8, error: String) -> SendResult {
    let after = match attempts {
        0 | 1 => RETRY_FIRST,
        more => mail::backoff(more - 1),
    };
    SendResult::Retry { after, error }
}

/// Kept in memory: after a restart all are told again, under the same id.
#[derive(Default)]
pub struct Answered(Mutex<HashMap<(PhoneNumber, Seq), Answers>>);

/// By webhook: that it was told, or why it refuses.
type Answers = BTreeMap<Name, Option<String>>;

/// Rows of which is known who has answered.
const ANSWERED_MAX: usize = 10_000;

impl Answered {
    fn take(&self, job: &Job) -> Answers {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(job.lead, job.seq)).unwrap_or_default()
    }

    fn keep(&self, job: &Job, answers: Answers) {
        if answers.is_empty() || job.sending.attempts >= TELL_ATTEMPTS_MAX {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ANSWERED_MAX {
            known.clear();
        }
        known.insert((job.lead, job.seq), answers);
    }
}
