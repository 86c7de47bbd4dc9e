//! `GET /live?topics=`: tells a page which of its topics something happened to, and nothing else. The
//! page then reads its parts anew, each with its own rights; so the stream gives nothing away, and a
//! burst of a thousand replies wakes a page a few times a second, not a thousand times.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;

use crate::runtime::Heard;
use crate::web::auth::Caller;
use crate::web::state::AppState;
use crate::web::stream::listen;

/// Of one page.
const TOPICS_MAX: usize = 64;
/// What happens within this time is told together.
const GATHER: Duration = Duration::from_millis(120);

#[derive(Deserialize)]
pub struct Asked {
    /// Separated by spaces.
    #[serde(default)]
    topics: String,
}

/// What one happening is about: `handoff`, `reply`, `message`, `conversation` (the first part of its
/// name), the whole name (`handoff.opened`), `talk-<conversation>`, `flow-<flow>`.
fn topics(heard: &Heard) -> impl Iterator<Item = String> + '_ {
    let kind = heard.what.split('.').next().unwrap_or(heard.what);
    let talk = heard.conversation.map(|id| format!("talk-{id}"));
    let flow = heard.flow.as_ref().map(|flow| format!("flow-{flow}"));
    [kind.to_string(), heard.what.to_string()]
        .into_iter()
        .chain(talk)
        .chain(flow)
}

pub async fn live(
    _caller: Caller,
    State(app): State<AppState>,
    Query(asked): Query<Asked>,
) -> Response {
    let wanted: BTreeSet<String> = asked
        .topics
        .split_whitespace()
        .take(TOPICS_MAX)
        .map(str::to_string)
        .collect();
    // `None`: some were missed, so that anything may have changed.
    let told = listen(&app).map(move |heard| match heard {
        Ok(heard) => Some(
            topics(&heard)
                .filter(|topic| wanted.contains(topic))
                .collect::<Vec<_>>(),
        ),
        Err(_) => None,
    });
    let told = Box::pin(told.filter(|topics| {
        let concerns = topics.as_ref().is_none_or(|topics| !topics.is_empty());
        std::future::ready(concerns)
    }));
    let events = stream::unfold(told, |mut told| async move {
        let first = told.next().await?;
        let mut gathered = Gathered::default();
        gathered.add(first);
        let over = tokio::time::sleep(GATHER);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => break,
                more = told.next() => match more {
                    Some(more) => gathered.add(more),
                    None => break,
                },
            }
        }
        Some((Ok::<Event, Infallible>(gathered.event()), told))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

#[derive(Default)]
struct Gathered {
    topics: BTreeSet<String>,
    missed: bool,
}

impl Gathered {
    fn add(&mut self, topics: Option<Vec<String>>) {
        match topics {
            Some(topics) => self.topics.extend(topics),
            None => self.missed = true,
        }
    }

    fn event(self) -> Event {
        let topics: Vec<String> = self.topics.into_iter().collect();
        match self.missed {
            true => Event::default().event("missed").data("all"),
            false => Event::default().event("heard").data(topics.join(" ")),
        }
    }
}
