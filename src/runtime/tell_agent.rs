//! Telling an agent something by text, email or their own webhook, and connecting them with a lead.

use serde_json::{Value as Json, json};

use crate::carrier::{self, Bridge, EffectRef, OutgoingSms, Settings};
use crate::conversation::{AgentNote, AgentWay};
use crate::flow::workspace::{Agent, WebhookBody};
use crate::lead::PhoneNumber;
use crate::runtime::deliver::{Deliverer, id_of, refused, retry, tell_again, told};
use crate::runtime::notice::Notice;
use crate::runtime::outside::Reach;
use crate::runtime::texting::{CARRIER_TIMEOUT, of_none, of_sent};
use crate::runtime::work::{Job, SendResult};
use crate::store::HandoffId;

impl Deliverer {
    pub(super) async fn tell_agent(&self, job: &Job, note: &AgentNote, reach: Reach) -> SendResult {
        match note.way {
            AgentWay::Sms => self.text_agent(job, note).await,
            AgentWay::Email => {
                let notice = Notice {
                    subject: note.subject.clone(),
                    text: note.text.clone(),
                };
                let mailed = self.mail_agent(job, &note.to, &notice).await;
                told(mailed.err(), job.sending.attempts)
            }
            AgentWay::Webhook => {
                let live = self.engine.live.load_full();
                let Some(agent) = live.workspace.agent(&note.agent) else {
                    return refused("the agent is no longer in workspace.yaml");
                };
                let Some(url) = &agent.webhook else {
                    return refused("the agent has no webhook any more");
                };
                let (id, secret) = (id_of(job, &note.agent), agent.webhook_secret.as_deref());
                let body = body(job, note, agent);
                let posted = self.post(url, secret, &id, &body, reach).await;
                told(posted.err(), job.sending.attempts)
            }
        }
    }

    async fn text_agent(&self, job: &Job, note: &AgentNote) -> SendResult {
        let live = self.engine.live.load_full();
        let channels = &live.workspace.channels;
        let Some((name, channel)) = self.channel_for_agents(channels) else {
            return refused("workspace.yaml has no channel to text agents by");
        };
        let outgoing = OutgoingSms {
            effect: EffectRef {
                lead: job.lead,
                seq: job.seq,
            },
            to: &note.to,
            from: channel.from.first().map(String::as_str),
            text: &note.text,
            media: &[],
            status_url: None,
        };
        let attempts = job.sending.attempts;
        let result = self.by_carrier(name, channel, &outgoing, attempts).await;
        of_alert(result, attempts)
    }

    /// Has the carrier call the agent and, once they answer, the lead.
    pub(super) async fn bridge(&self, job: &Job, agent: PhoneNumber) -> SendResult {
        let live = self.engine.live.load_full();
        let Some((_, channel)) = self.channel_for_agents(&live.workspace.channels) else {
            return refused("workspace.yaml has no channel to call by");
        };
        let Some(carrier) = carrier::find(&channel.carrier) else {
            return refused("the carrier is not in this build");
        };
        if carrier.trust() == carrier::Trust::ThisMachine {
            return SendResult::Accepted {
                provider_id: None,
                delivered: true,
            };
        }
        let settings = Settings {
            values: &channel.settings,
            api: channel.api.as_deref(),
        };
        let bridge = Bridge {
            agent: &agent.to_string(),
            lead: &job.lead.to_string(),
            from: channel.from.first().map(String::as_str),
        };
        let request = match carrier.bridge(&settings, &bridge) {
            Ok(request) => request,
            Err(misconfigured) => return refused(&misconfigured.0),
        };
        let answer = self
            .outside
            .send(request, Reach::Anywhere, CARRIER_TIMEOUT)
            .await;
        let attempts = job.sending.attempts;
        // How calls fare says nothing of texts: the channel's health is left alone.
        let found = match answer {
            Ok(answer) => of_sent(carrier.bridged(&answer), &answer, carrier, attempts),
            Err(none) => of_none(none, carrier, attempts),
        };
        of_call(found.result, attempts)
    }
}

/// What befalls an agent's number is not the lead's: nobody is opted out or out of reach by it. An alert
/// goes again until it is surely taken, by whichever channel is open then: twice is better than not at all.
fn of_alert(result: SendResult, attempts: u8) -> SendResult {
    match result {
        SendResult::Paused { error }
        | SendResult::Uncertain { error }
        | SendResult::Repeat { error, .. } => tell_again(attempts, error),
        SendResult::Unreachable { error } | SendResult::OptedOut { error } => refused(&error),
        other => other,
    }
}

/// A call that may have been made is not made again, nor one much later than it was asked for.
fn of_call(result: SendResult, attempts: u8) -> SendResult {
    match result {
        SendResult::Paused { error } | SendResult::NotReached { error, .. } => {
            retry(attempts, error)
        }
        SendResult::Busy { after, error } => SendResult::Retry { after, error },
        SendResult::Unreachable { error } | SendResult::OptedOut { error } => refused(&error),
        other => other,
    }
}

/// What an agent's webhook is told, in the shape it takes.
fn body(job: &Job, note: &AgentNote, agent: &Agent) -> Json {
    let link = note.link.as_deref();
    match agent.webhook_body {
        WebhookBody::Standard => standard(job, note),
        WebhookBody::Slack => json!({ "text": slack(&note.text, link) }),
        WebhookBody::Teams => teams(note),
    }
}

fn standard(job: &Job, note: &AgentNote) -> Json {
    let handoff = job.conversation.zip(note.handoff);
    let handoff = handoff.map(|(conversation, seq)| HandoffId { conversation, seq }.to_string());
    json!({
        "type": format!("handoff.{}", note.about.as_str()),
        "timestamp": job.sending.changed.to_string(),
        "data": {
            "handoff_id": handoff,
            "conversation_id": job.conversation.map(|id| id.to_string()),
            "agent": note.agent,
            "subject": note.subject,
            "text": note.text,
            "url": note.link,
        },
    })
}

/// Slack's own marks are escaped; the address becomes a link with a word.
/// Source: docs.slack.dev, Formatting message text.
fn slack(text: &str, link: Option<&str>) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    match link {
        Some(link) => escaped.replace(link, &format!("<{link}|Open>")),
        None => escaped,
    }
}

/// An adaptive card, as a workflow of Teams takes it.
/// Source: learn.microsoft.com, Create incoming webhooks with Workflows.
fn teams(note: &AgentNote) -> Json {
    let mut blocks = Vec::new();
    if !note.subject.is_empty() {
        blocks.push(json!({
            "type": "TextBlock", "text": note.subject, "weight": "bolder", "wrap": true,
        }));
    }
    let text = match &note.link {
        Some(link) => note.text.replace(&format!(" Claim it: {link}"), ""),
        None => note.text.clone(),
    };
    blocks.push(json!({ "type": "TextBlock", "text": text, "wrap": true }));
    let actions: Vec<Json> = note
        .link
        .iter()
        .map(|link| json!({ "type": "Action.OpenUrl", "title": "Open", "url": link }))
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard", "version": "1.4", "body": blocks, "actions": actions,
            },
        }],
    })
}
