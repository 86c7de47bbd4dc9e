//! Carries out what goes by email: a flow's emails, and alerts to agents. Writes the letter, has it
//! posted, and says what the mail server's answer means for the row.

use std::sync::Arc;

use crate::conversation::EmailMessage;
use crate::email::{EmailRef, Letter, MailServer, Unwritable};
use crate::flow::workspace::Workspace;
use crate::runtime::Live;
use crate::runtime::deliver::Deliverer;
use crate::runtime::letters::Letters;
use crate::runtime::mail::{Posted, backoff};
use crate::runtime::notice::Notice;
use crate::runtime::outside::NoAnswer;
use crate::runtime::work::{Job, SendResult};
use crate::store::StoreError;

impl Deliverer {
    pub(super) async fn email(&self, job: &Job, message: &EmailMessage) -> SendResult {
        let live = self.engine.live.load_full();
        let server = match server_of(&live.workspace) {
            Ok(server) => server,
            Err(why) => return refused(why),
        };
        let letter = match self.letter(live, job, message).await {
            Ok(letter) => letter,
            Err(error) => return later(job.sending.attempts, error.to_string()),
        };
        let id = letter.message_id.clone();
        let posted = self.post_letter(&server, &letter).await;
        let result = result_of(posted, id, job.sending.attempts);
        count("lead", &result);
        result
    }

    async fn letter(
        &self,
        live: Arc<Live>,
        job: &Job,
        message: &EmailMessage,
    ) -> Result<Letter, StoreError> {
        let (engine, message) = (self.engine.clone(), message.clone());
        let (lead, seq, conversation) = (job.lead, job.seq, job.conversation);
        let written = tokio::task::spawn_blocking(move || {
            let letters = Letters {
                store: engine.store.as_ref(),
                live: &live,
                key: engine.key(),
            };
            letters.email(
                EmailRef { lead, seq },
                conversation,
                &message,
                engine.clock.now(),
            )
        });
        match written.await {
            Ok(letter) => letter,
            Err(_) => Err(StoreError::Refused("writing the letter failed".to_string())),
        }
    }

    async fn post_letter(&self, server: &MailServer, letter: &Letter) -> Posted {
        match letter.write() {
            Ok(written) => self.mailer.post(server, &written).await,
            Err(unwritable @ Unwritable::To) => Posted::NoSuchAddress(unwritable.to_string()),
            Err(unwritable) => Posted::Refused(unwritable.to_string()),
        }
    }

    /// Tells an agent something by email.
    pub(super) async fn mail_agent(
        &self,
        job: &Job,
        to: &str,
        notice: &Notice,
    ) -> Result<(), NoAnswer> {
        let live = self.engine.live.load_full();
        let server =
            server_of(&live.workspace).map_err(|why| NoAnswer::Refused(why.to_string()))?;
        let letters = Letters {
            store: self.engine.store.as_ref(),
            live: &live,
            key: self.engine.key(),
        };
        let of = EmailRef {
            lead: job.lead,
            seq: job.seq,
        };
        let letter = letters.alert(of, to, notice, self.engine.clock.now());
        let posted = self.post_letter(&server, &letter).await;
        let result = result_of(
            posted.clone(),
            letter.message_id.clone(),
            job.sending.attempts,
        );
        count("agent", &result);
        match posted {
            Posted::Accepted => Ok(()),
            Posted::Later(why) | Posted::Account(why) => Err(NoAnswer::NotReached(why)),
            Posted::Unknown(why) => Err(NoAnswer::Unknown(why)),
            // What it said may name the agent's address, and this is logged.
            Posted::NoSuchAddress(_) | Posted::Refused(_) => {
                let why = "the mail server refuses the alert to an agent";
                Err(NoAnswer::Refused(why.to_string()))
            }
        }
    }
}

fn server_of(workspace: &Workspace) -> Result<MailServer, &'static str> {
    let settings = workspace.email.as_ref();
    let Some((settings, smtp)) = settings.and_then(|email| Some((email, email.smtp.as_ref()?)))
    else {
        return Err("workspace.yaml names no mail server (`email: { smtp: … }`)");
    };
    MailServer::read(smtp, settings.ca.as_deref())
        .map_err(|_| "`email: { smtp: … }` of workspace.yaml is not a mail server's address")
}

fn result_of(posted: Posted, message_id: String, attempts: u8) -> SendResult {
    match posted {
        Posted::Accepted => SendResult::Accepted {
            provider_id: Some(message_id),
            delivered: false,
        },
        // It goes again under its own Message-ID.
        Posted::Later(error) | Posted::Unknown(error) => later(attempts, error),
        Posted::Account(error) => {
            tracing::error!(reason = %error, "the mail server refuses us: no email leaves");
            later(attempts, error)
        }
        Posted::NoSuchAddress(error) => SendResult::Unreachable { error },
        Posted::Refused(error) => SendResult::Refused { error },
    }
}

fn later(attempts: u8, error: String) -> SendResult {
    SendResult::Retry {
        after: backoff(attempts),
        error,
    }
}

fn refused(why: &str) -> SendResult {
    tracing::warn!(reason = why, "an email was refused");
    SendResult::Refused {
        error: why.to_string(),
    }
}

/// What a mail server says may name the address: it is kept with the row, and not logged.
fn count(to: &'static str, result: &SendResult) {
    let outcome = match result {
        SendResult::Accepted { .. } => "accepted",
        SendResult::Unreachable { .. } => "unreachable",
        SendResult::Retry { .. } => "retry",
        _ => "refused",
    };
    metrics::counter!("replytree_email_total", "to" => to, "outcome" => outcome).increment(1);
    tracing::info!(to, outcome, "an email was handed over");
}
