//! A lead's own page: which topics, by which way, in which language and at which hours they want to
//! hear from the business, and the way out. The signed token in its address is all the proof there is
//! of who they are: it opens nothing but this page, and nothing is changed but by its form.

mod page;
mod words;

use axum::extract::{Form, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::lead::{Name, PhoneNumber};
use crate::policy::chosen::{By, Chosen};
use crate::policy::consent::{Level, Scope};
use crate::policy::{ConsentChange, ConsentEvent, MessageKind};
use crate::runtime::Work;
use crate::runtime::work::LeadUpdate;
use crate::store::LeadRecord;
use crate::web::error::Problem;
use crate::web::origin::Peer;
use crate::web::state::AppState;

use page::View;
use words::Words;

/// Topics shown at most, and looked for in a form.
const TOPICS_MAX: usize = 40;

/// `GET /preferences/{token}`: shows the page; changes nothing, however often it is opened.
pub async fn show(
    State(app): State<AppState>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Some(record) = lead_of(&app, &token).await? else {
        return Ok(page::unknown(words::of("en")));
    };
    let saved = request.uri().query() == Some("saved");
    let language = record.lead.locale.as_deref().unwrap_or("en").to_string();
    let live = app.live();
    let view = View {
        words: words::of(&language),
        brand: &live.workspace.brand,
        contact: live.workspace.contact.as_deref(),
        record: &record,
        topics: &topics(&app),
        locales: &locales(&app),
        locale: &language,
        saved,
    };
    Ok(private(page::page(&view)))
}

/// `POST /preferences/{token}`: what the form says, then the page again.
pub async fn save(
    State(app): State<AppState>,
    Path(token): Path<String>,
    extensions: axum::http::Extensions,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let Some(record) = lead_of(&app, &token).await? else {
        return Ok(page::unknown(words::of("en")));
    };
    let told = Told {
        app: &app,
        record: &record,
        form: &form,
        ip: ip(&extensions, &headers),
        agent: text(&headers, header::USER_AGENT),
    };
    match told.field("do") {
        Some("stop") => told.stop().await?,
        Some("start") => told.start().await?,
        _ => told.choose().await?,
    }
    let to = HeaderValue::try_from(format!("/preferences/{token}?saved"))
        .map_err(|_| Problem::not_found("page"))?;
    Ok(private(
        (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
    ))
}

/// Kept by nobody on the way, found by no search engine.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex"),
    );
    response
}

/// The lead whose page it is; a token that is not ours and a lead who is not there are one.
async fn lead_of(app: &AppState, token: &str) -> Result<Option<LeadRecord>, Problem> {
    match app.engine.preferences_of(token) {
        Some(phone) => app.read(move |store| store.lead(phone)).await,
        None => Ok(None),
    }
}

/// The marketing flows: name, and the name for people.
fn topics(app: &AppState) -> Vec<(Name, String)> {
    let live = app.live();
    let marketing = live
        .flows
        .values()
        .filter(|flow| flow.kind == MessageKind::Marketing);
    let named = marketing.map(|flow| (flow.name.clone(), spoken(&flow.name)));
    named.take(TOPICS_MAX).collect()
}

/// `test-drive` as people say it.
fn spoken(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Every language some flow speaks.
fn locales(app: &AppState) -> Vec<Name> {
    let live = app.live();
    let mut all: Vec<Name> = Vec::new();
    for locale in live.flows.values().flat_map(|flow| &flow.locales) {
        if !all.contains(locale) {
            all.push(locale.clone());
        }
    }
    all
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.chars().take(200).collect())
}

/// Where the form came from; behind a proxy on this machine, what it says.
fn ip(extensions: &axum::http::Extensions, headers: &HeaderMap) -> Option<String> {
    let Peer(peer) = extensions.get::<Peer>()?;
    let peer = peer.ip().to_canonical();
    let told = text(headers, HeaderName::from_static("x-forwarded-for"));
    let last = told.and_then(|told| told.rsplit(',').next().map(|ip| ip.trim().to_string()));
    match last.filter(|ip| peer.is_loopback() && ip.parse::<std::net::IpAddr>().is_ok()) {
        Some(client) => Some(client),
        None => Some(peer.to_string()),
    }
}

/// One form sent by one lead.
struct Told<'a> {
    app: &'a AppState,
    record: &'a LeadRecord,
    form: &'a [(String, String)],
    ip: Option<String>,
    agent: Option<String>,
}

impl Told<'_> {
    fn phone(&self) -> PhoneNumber {
        self.record.lead.phone
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.form.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn minute(&self, name: &str) -> Option<u16> {
        self.field(name)?
            .parse()
            .ok()
            .filter(|minute| *minute <= 24 * 60)
    }

    fn words(&self) -> &'static Words {
        words::of(self.record.lead.locale.as_deref().unwrap_or("en"))
    }

    /// A row of the ledger for what the lead did here, in person.
    fn row(&self, change: ConsentChange, method: &str, wording: &str) -> ConsentEvent {
        ConsentEvent {
            source: "preferences page".to_string(),
            wording: wording.to_string(),
            ip: self.ip.clone(),
            user_agent: self.agent.clone(),
            url: Some("/preferences".to_string()),
            rule: Some("preferences-page".to_string()),
            own_act: true,
            scope: Some(Scope {
                locale: Some(self.words().locale.to_string()),
                ..Scope::default()
            }),
            ..ConsentEvent::new(change, Level::Marketing, self.app.now(), method)
        }
    }

    async fn stop(&self) -> Result<(), Problem> {
        let event = self.row(ConsentChange::Revoked, "web", self.words().stop);
        let lead = self.phone();
        self.app.turn(Work::Consent { lead, event }).await?;
        Ok(())
    }

    async fn start(&self) -> Result<(), Problem> {
        let wording = self.words().agreement(&self.app.live().workspace.brand);
        let event = self.row(ConsentChange::Given, "web_form", &wording);
        let lead = self.phone();
        self.app.turn(Work::Consent { lead, event }).await?;
        Ok(())
    }

    async fn choose(&self) -> Result<(), Problem> {
        let wanted = |topic: &Name| {
            let mut fields = self.form.iter();
            fields.any(|(name, value)| name == "topic" && value == topic.as_str())
        };
        let topics = topics(self.app);
        let declined = topics.into_iter().map(|(name, _)| name);
        let declined: Vec<Name> = declined.filter(|name| !wanted(name)).collect();
        let hours = self.minute("from").zip(self.minute("to"));
        let (from, to) = hours.unwrap_or((0, 24 * 60));
        let by = match self.field("by") {
            Some("email") => By::Email,
            _ => By::Text,
        };
        let chosen = Chosen::new(by, declined);
        let chosen = chosen.with_hours(from, to);
        let known = locales(self.app);
        let asked = self.field("language");
        let mut update = LeadUpdate::of(self.phone());
        update.locale = known
            .into_iter()
            .find(|known| Some(known.as_str()) == asked);
        update.chosen = Some(chosen.clone());
        self.app.turn(Work::UpsertLead(update)).await?;
        self.stop_declined(&chosen).await
    }

    /// What is under way on a topic they do not want any more ends.
    async fn stop_declined(&self, chosen: &Chosen) -> Result<(), Problem> {
        let Some(id) = self.record.active else {
            return Ok(());
        };
        let conversation = self.app.read(move |store| store.conversation(id)).await?;
        if conversation.is_some_and(|it| chosen.declined.contains(&it.flow)) {
            self.app
                .turn(Work::Stop {
                    lead: self.phone(),
                    conversation: id,
                    outcome: Name::from("stopped"),
                })
                .await?;
        }
        Ok(())
    }
}
