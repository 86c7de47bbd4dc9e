//! Speaks to the mail server: one connection after another is kept for the next letter. Says how each
//! letter fared by the stage at which the server refused: the recipient's refusal is the address's fault,
//! one at the login or of the sender is ours, one of the content is the letter's.
//!
//! SMTP by `lettre` (RFC 5321); TLS must hold, or nothing is said. A letter whose last answer was lost
//! goes again under its own Message-ID: a double that mail programs show once beats one that is missing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration as StdDuration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::sync::Semaphore;

use crate::email::{MailServer, Security, Written};
use crate::time::Duration;

/// Of one step of the dialogue.
const STEP_TIMEOUT: StdDuration = StdDuration::from_secs(20);
/// Of it all; the lease of the row must outlast it.
const LETTER_TIMEOUT: StdDuration = StdDuration::from_secs(45);
/// A connection that nobody used is not kept longer; most servers wait for minutes.
const IDLE_MAX: StdDuration = StdDuration::from_secs(30);
const KEPT_MAX: usize = 4;
/// How long a server that could not be reached is left alone.
const TROUBLE_PAUSE: StdDuration = StdDuration::from_secs(4);
/// Connections at once: more are taken for an attack by many servers.
const AT_ONCE_MAX: usize = 8;
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// How a letter fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    Accepted,
    /// Not taken now; the same again later.
    Later(String),
    /// The server would not have us, or not our sender's address: nothing leaves until somebody mends it.
    Account(String),
    /// The recipient does not exist.
    NoSuchAddress(String),
    /// This letter was refused for good.
    Refused(String),
    /// The connection broke off before the last answer.
    Unknown(String),
}

pub struct Mailer {
    idle: Mutex<HashMap<MailServer, Vec<(AsyncSmtpConnection, Instant)>>>,
    /// Which server could not be reached, and when.
    trouble: Mutex<Option<(MailServer, Instant)>>,
    room: Semaphore,
}

impl Default for Mailer {
    fn default() -> Self {
        Self {
            idle: Mutex::default(),
            trouble: Mutex::default(),
            room: Semaphore::new(AT_ONCE_MAX),
        }
    }
}

impl Mailer {
    pub async fn post(&self, server: &MailServer, letter: &Written) -> Posted {
        let Ok(_room) = self.room.acquire().await else {
            return Posted::Later("stopping".to_string());
        };
        if self.is_in_trouble(server) {
            return Posted::Later("the mail server could not be reached a moment ago".to_string());
        }
        match tokio::time::timeout(LETTER_TIMEOUT, self.dialogue(server, letter)).await {
            Ok(posted) => posted,
            Err(_) => {
                self.note_trouble(server);
                Posted::Unknown("the mail server took too long".to_string())
            }
        }
    }

    /// Nobody waits for a server that just kept somebody else waiting: texts leave meanwhile.
    fn is_in_trouble(&self, server: &MailServer) -> bool {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |since: &Instant| since.elapsed() < TROUBLE_PAUSE;
        trouble
            .as_ref()
            .is_some_and(|(known, since)| known == server && lately(since))
    }

    fn note_trouble(&self, server: &MailServer) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = Some((server.clone(), Instant::now()));
    }

    async fn dialogue(&self, server: &MailServer, letter: &Written) -> Posted {
        let mut connection = match self.kept(server).await {
            Some(connection) => connection,
            None => match connect(server, letter.from.domain()).await {
                Ok(connection) => connection,
                Err(posted) => {
                    self.note_trouble(server);
                    return posted;
                }
            },
        };
        let posted = hand_over(&mut connection, letter).await;
        match &posted {
            Posted::Unknown(_) => connection.abort().await,
            Posted::Accepted => self.keep(server, connection),
            _ => {
                // After a refusal the dialogue goes on; one that broke off does not.
                if connection.command(Rset).await.is_ok() {
                    self.keep(server, connection);
                }
            }
        }
        posted
    }

    /// A connection that still answers.
    async fn kept(&self, server: &MailServer) -> Option<AsyncSmtpConnection> {
        for _ in 0..KEPT_MAX {
            let (mut connection, since) = {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.get_mut(server)?.pop()?
            };
            if since.elapsed() < IDLE_MAX && connection.test_connected().await {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, server: &MailServer, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A server that is no longer named keeps nothing open.
        idle.retain(|known, _| known == server);
        let kept = idle.entry(server.clone()).or_default();
        kept.retain(|(_, since)| since.elapsed() < IDLE_MAX);
        if kept.len() < KEPT_MAX {
            kept.push((connection, Instant::now()));
        }
    }
}

/// `domain` is whom we say we are.
async fn connect(server: &MailServer, domain: &str) -> Result<AsyncSmtpConnection, Posted> {
    let unsafe_tls =
        |error: Error| Posted::Account(format!("TLS to the mail server: {}", said(&error)));
    let tls = match server.security {
        Security::None => None,
        Security::Tls | Security::StartTls => Some(tls(server).await?),
    };
    let hello = ClientId::Domain(domain.to_string());
    let at = (server.host.as_str(), server.port);
    let implicit = tls.clone().filter(|_| server.security == Security::Tls);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(at, Some(STEP_TIMEOUT), &hello, implicit, None)
            .await
            .map_err(|error| {
                let told = said(&error);
                // A certificate that does not hold shows as a connection that broke off.
                match error.is_tls() || told.contains("certificate") {
                    true => unsafe_tls(error),
                    false => Posted::Later(format!("not reached: {told}")),
                }
            })?;
    if let Some(tls) = tls.filter(|_| server.security == Security::StartTls) {
        if !connection.can_starttls() {
            connection.abort().await;
            let why = "the mail server offers no STARTTLS, and nothing is said in the clear";
            return Err(Posted::Account(why.to_string()));
        }
        connection.starttls(tls, &hello).await.map_err(unsafe_tls)?;
    }
    if let Some((user, password)) = &server.login {
        let login = Credentials::new(user.clone(), password.clone());
        if let Err(error) = connection.auth(&MECHANISMS, &login).await {
            let why = format!("login: {}", said(&error));
            connection.abort().await;
            return Err(match error.is_permanent() || error.is_client() {
                true => Posted::Account(why),
                false => Posted::Later(why),
            });
        }
    }
    Ok(connection)
}

async fn tls(server: &MailServer) -> Result<TlsParameters, Posted> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(file) = &server.ca {
        let unusable = |why: String| Posted::Account(format!("`email: {{ ca: {file} }}`: {why}"));
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        let pem = read
            .map_err(|_| unusable("it could not be read".to_string()))?
            .map_err(|error| unusable(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(said(&error)))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|error| Posted::Account(format!("TLS: {}", said(&error))))
}

async fn hand_over(connection: &mut AsyncSmtpConnection, letter: &Written) -> Posted {
    let mut parameters = Vec::new();
    if !letter.to.to_string().is_ascii() || !letter.from.to_string().is_ascii() {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            let why = "the mail server takes no addresses beyond ASCII";
            return Posted::Refused(why.to_string());
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let from = Mail::new(Some(letter.from.clone()), parameters);
    if let Err(error) = connection.command(from).await {
        return refusal(&error, Posted::Account);
    }
    if let Err(error) = connection
        .command(Rcpt::new(letter.to.clone(), Vec::new()))
        .await
    {
        let told = said(&error);
        return refusal(&error, |why| match is_of_the_address(&error, &told) {
            true => Posted::NoSuchAddress(why),
            false => Posted::Refused(why),
        });
    }
    if let Err(error) = connection.command(Data).await {
        return refusal(&error, Posted::Refused);
    }
    match connection.message(&letter.bytes).await {
        Ok(_) => Posted::Accepted,
        Err(error) if error.status().is_none() => Posted::Unknown(said(&error)),
        Err(error) => refusal(&error, Posted::Refused),
    }
}

/// A temporary no, or a connection that broke off before anything was handed over, is for later.
fn refusal(error: &Error, for_good: impl FnOnce(String) -> Posted) -> Posted {
    match error.is_permanent() {
        true => for_good(said(error)),
        false => Posted::Later(said(error)),
    }
}

/// Whether a recipient was refused because there is no such mailbox, and not for what we are or say:
/// by the enhanced code where there is one (RFC 3463), else by the plain one.
fn is_of_the_address(error: &Error, told: &str) -> bool {
    let told = told.to_lowercase();
    let enhanced = told
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .find(|word| word.starts_with("5.") && word.matches('.').count() == 2);
    if let Some(code) = enhanced {
        return code.starts_with("5.1.") && code != "5.1.7" && code != "5.1.8" || code == "5.2.1";
    }
    let code = error.status().map_or(0, u16::from);
    let policy = [
        "relay",
        "blocked",
        "spam",
        "blacklist",
        "blocklist",
        "denied",
        "policy",
        "sender",
    ];
    matches!(code, 550 | 551 | 553) && !policy.iter().any(|word| told.contains(word))
}

/// The error with what it came from, on one line.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How often a letter is tried: for most of a day, as mail servers do.
pub const ATTEMPTS_MAX: u8 = 11;

/// Soon, since most troubles are short; then so that greylisting is outlasted; then hourly.
pub fn backoff(attempts: u8) -> Duration {
    const STEPS: [Duration; 8] = [
        Duration::secs(5),
        Duration::mins(1),
        Duration::mins(5),
        Duration::mins(15),
        Duration::mins(30),
        Duration::hours(1),
        Duration::hours(2),
        Duration::hours(4),
    ];
    let step = usize::from(attempts.saturating_sub(1)).min(STEPS.len() - 1);
    STEPS[step]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_cannot_be_reached_is_left_alone_for_a_while() {
        let letter = Written {
            from: "a@northside.example".parse().unwrap(),
            to: "ada@example.com".parse().unwrap(),
            bytes: b"Subject: x\r\n\r\nx".to_vec(),
        };
        // A port that was free a moment ago, so that nobody listens.
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let server = MailServer::read(&format!("smtp://127.0.0.1:{port}"), None).unwrap();
        let mailer = Mailer::default();
        for expected in ["not reached", "a moment ago", "a moment ago"] {
            match mailer.post(&server, &letter).await {
                Posted::Later(why) => assert!(why.contains(expected), "{why}"),
                other => panic!("{other:?}"),
            }
        }
        // Another server is another matter.
        let other = MailServer::read("smtp://127.0.0.1:1", None).unwrap();
        let posted = mailer.post(&other, &letter).await;
        assert!(matches!(posted, Posted::Later(why) if why.contains("not reached")));
    }

    #[test]
    fn a_letter_is_tried_for_most_of_a_day() {
        let waits = (1..ATTEMPTS_MAX).map(|attempts| backoff(attempts).as_ms());
        let hours = waits.sum::<i64>() / 3_600_000;
        assert!((12..=24).contains(&hours), "{hours} h");
    }
}
