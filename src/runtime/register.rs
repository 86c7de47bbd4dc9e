//! A register of reassigned numbers that is asked over HTTP. The question is that of the FCC's database:
//! a number, and the day on which it was last surely the lead's; the answer is `yes` (given to somebody
//! else since), `no` or `no_data`. Source: 47 CFR 64.1200(m).
//!
//! What cannot be asked or understood is told as not checked, and never taken for a `no`.

use std::collections::BTreeMap;
use std::time::Duration as StdDuration;

use serde::Deserialize;
use serde_json::json;

use crate::carrier::{HttpAnswer, HttpRequest};
use crate::flow::workspace::RegisterSettings;
use crate::lead::PhoneNumber;
use crate::policy::countries;
use crate::runtime::Live;
use crate::runtime::outside::{NoAnswer, Outside, Reach, is_this_machine};
use crate::runtime::prune::{Answers, Holder, Question, Register};
use crate::time::{Duration, Timestamp, Zone};

/// Numbers in one request; its answer stays well below what is read of one.
pub const BATCH: usize = 500;
const TIMEOUT: StdDuration = StdDuration::from_secs(10);
/// How often one batch is sent.
const ATTEMPTS_MAX: u32 = 3;
const RETRY_FIRST: StdDuration = StdDuration::from_secs(1);
const RETRY_AFTER_MAX: StdDuration = StdDuration::from_secs(30);
/// After so many failed batches in a row the rest is left: the register is down, or does not want us.
const FAILED_MAX: usize = 2;

pub struct WebRegister {
    settings: RegisterSettings,
    name: String,
    reach: Reach,
    retry_first: StdDuration,
}

impl WebRegister {
    /// The workspace's, where it names one. The sandbox asks this machine only.
    pub fn of(live: &Live) -> Option<Self> {
        let settings = live.workspace.register.clone()?;
        let url: Option<reqwest::Url> = settings.url.parse().ok();
        let here = url.as_ref().is_some_and(is_this_machine);
        let name = url.as_ref().and_then(|url| url.host_str());
        Some(Self {
            name: name.unwrap_or("register").to_string(),
            reach: match here || live.sandbox {
                true => Reach::ThisMachine,
                false => Reach::Public,
            },
            settings,
            retry_first: RETRY_FIRST,
        })
    }

    /// Waits so long before the second attempt, and twice as long before each after it.
    pub fn retrying_after(self, retry_first: StdDuration) -> Self {
        Self {
            retry_first,
            ..self
        }
    }

    /// On a thread of its own: whoever prunes may or may not stand within an async runtime.
    fn ask_apart(&self, questions: &[Question], now: Timestamp) -> Result<Answers, String> {
        let asking = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            let outside = Outside::new().map_err(|error| error.to_string())?;
            Ok(runtime.block_on(self.ask_all(&outside, questions, now)))
        };
        let joined = std::thread::scope(|scope| scope.spawn(asking).join());
        joined.unwrap_or_else(|_| Err("a fault of ours while it was asked".to_string()))
    }

    async fn ask_all(&self, outside: &Outside, questions: &[Question], now: Timestamp) -> Answers {
        let mut told = Answers::default();
        let mut failed = 0;
        for batch in questions.chunks(BATCH) {
            if failed == FAILED_MAX {
                told.not_checked += batch.len() as u64;
                continue;
            }
            match self.ask_batch(outside, batch, now).await {
                Ok(of) => {
                    failed = 0;
                    let left_out = batch.len() - of.len();
                    if left_out > 0 {
                        told.not_checked += left_out as u64;
                        told.failed = Some(format!("its answer leaves out {left_out} of them"));
                    }
                    told.of.extend(of);
                }
                Err(why) => {
                    failed += 1;
                    told.not_checked += batch.len() as u64;
                    told.failed = Some(why);
                }
            }
        }
        told
    }

    async fn ask_batch(
        &self,
        outside: &Outside,
        batch: &[Question],
        now: Timestamp,
    ) -> Result<BTreeMap<PhoneNumber, Holder>, String> {
        let mut wait = self.retry_first;
        let mut attempt = 1;
        loop {
            let why = match outside.send(self.request(batch), self.reach, TIMEOUT).await {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    return read(&answer.body, batch, now);
                }
                Ok(answer) if matches!(answer.status, 408 | 425 | 429 | 500..=599) => {
                    wait = wait.max(wished(&answer));
                    format!("it answered {}", answer.status)
                }
                Ok(answer) => return Err(format!("it answered {}", answer.status)),
                Err(NoAnswer::Refused(why)) => return Err(why),
                Err(no_answer) => no_answer.to_string(),
            };
            if attempt == ATTEMPTS_MAX {
                return Err(format!("{why}, {ATTEMPTS_MAX} times"));
            }
            tokio::time::sleep(wait).await;
            (wait, attempt) = (wait * 2, attempt + 1);
        }
    }

    fn request(&self, batch: &[Question]) -> HttpRequest {
        let mut headers = vec![
            ("content-type".to_string(), "application/json".to_string()),
            ("accept".to_string(), "application/json".to_string()),
        ];
        if let Some(key) = &self.settings.key {
            headers.push(("authorization".to_string(), format!("Bearer {key}")));
        }
        let queries: Vec<_> = batch
            .iter()
            .map(|asked| json!({ "phone": asked.phone.to_string(), "date": day(asked.since) }))
            .collect();
        HttpRequest {
            method: "POST",
            url: self.settings.url.clone(),
            headers,
            body: json!({ "queries": queries }).to_string().into_bytes(),
        }
    }
}

impl Register for WebRegister {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&self, questions: &[Question], now: Timestamp) -> Answers {
        let its_own = |asked: &&Question| countries::allow(&self.settings.countries, asked.phone);
        let questions: Vec<Question> = questions.iter().filter(its_own).copied().collect();
        if questions.is_empty() {
            return Answers::default();
        }
        self.ask_apart(&questions, now)
            .unwrap_or_else(|why| Answers {
                not_checked: questions.len() as u64,
                failed: Some(why),
                ..Answers::default()
            })
    }
}

/// The earliest day it was anywhere: a day too early finds no reassignment less.
fn day(since: Timestamp) -> String {
    let anywhere = since - Duration::hours(12);
    anywhere.in_zone(&Zone::utc()).date().to_string()
}

/// How long the register asks us to wait.
fn wished(answer: &HttpAnswer) -> StdDuration {
    let header = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("retry-after");
    let seconds = answer.headers.iter().find(header);
    let seconds = seconds.and_then(|(_, value)| value.trim().parse().ok());
    StdDuration::from_secs(seconds.unwrap_or(0)).min(RETRY_AFTER_MAX)
}

#[derive(Deserialize)]
struct Body {
    /// The day up to which the register knows; today when left out.
    as_of: Option<String>,
    answers: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    phone: String,
    answer: String,
}

/// What is said of the numbers that were asked of; a number it says nothing understandable of is left out.
fn read(
    body: &[u8],
    batch: &[Question],
    now: Timestamp,
) -> Result<BTreeMap<PhoneNumber, Holder>, String> {
    let unreadable = || "its answer cannot be read".to_string();
    let body: Body = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let at = match &body.as_of {
        None => now,
        Some(day) => {
            let day = day.get(..10).ok_or_else(unreadable)?;
            let at: Timestamp = format!("{day}T00:00:00Z")
                .parse()
                .map_err(|_| unreadable())?;
            at.min(now)
        }
    };
    let asked: BTreeMap<PhoneNumber, Timestamp> = batch
        .iter()
        .map(|asked| (asked.phone, asked.since))
        .collect();
    let mut told = BTreeMap::new();
    for one in &body.answers {
        let Ok(phone) = PhoneNumber::parse_loose(&one.phone, "US") else {
            continue;
        };
        let (Some(since), Some(holder)) = (asked.get(&phone), Holder::said(&one.answer, at)) else {
            continue;
        };
        let holder = match holder {
            // It was asked about the time since, so it is of after that.
            Holder::Another(at) => Holder::Another(at.max(*since)),
            Holder::Same(_) | Holder::Unknown => holder,
        };
        // Of two answers for one number the graver counts.
        match told.get(&phone) {
            Some(Holder::Another(_)) => {}
            _ => {
                told.insert(phone, holder);
            }
        }
    }
    Ok(told)
}
