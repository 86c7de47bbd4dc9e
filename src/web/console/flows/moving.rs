//! Moving the leads of an older version to the one that is served: first a plan that says who can go
//! and why the others stay, then the act, which every lead's timeline records.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use futures_util::future::join_all;
use maud::{Markup, html};

use crate::conversation::{Conversation, VersionId};
use crate::flow::Flow;
use crate::flow::moving::{Stays, can_move};
use crate::lead::Name;
use crate::runtime::Work;
use crate::store::{ConversationQuery, Store, StoreError};
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::phone::read_version;
use crate::web::error::Problem;
use crate::web::state::AppState;

use super::{served, short};

/// The most conversations of the flow that are looked at, and so the most that move at once.
const LOOKED_AT_MAX: usize = 5_000;
const PAGE: usize = 500;
/// Asked of the committer together, so that they share its syncs.
const TOGETHER: usize = 64;
const UNDER_WAY: [&str; 3] = ["waiting", "scheduled", "with_agent"];

/// Who would move, by step and by why they stay.
pub struct Plan {
    from: VersionId,
    groups: BTreeMap<(Name, Option<Stays>), u64>,
    /// Some were not looked at.
    cut: bool,
}

impl Plan {
    pub async fn read(app: &AppState, flow: &Arc<Flow>, from: VersionId) -> Result<Self, Problem> {
        let old = old(app, from).await?;
        let (found, cut) = standing(app, flow, from).await?;
        let mut groups: BTreeMap<(Name, Option<Stays>), u64> = BTreeMap::new();
        for conversation in &found {
            let step = conversation.step().cloned().unwrap_or_default();
            let stays = can_move(&old, flow, &conversation.status).err();
            *groups.entry((step, stays)).or_default() += 1;
        }
        Ok(Plan { from, groups, cut })
    }

    pub fn markup(&self, flow: &Flow, may_move: bool) -> Markup {
        let moving: u64 = self
            .groups
            .iter()
            .filter(|((_, stays), _)| stays.is_none())
            .map(|(_, n)| n)
            .sum();
        html! {
            section.pane.table-pane aria-label="Plan" {
                h2 { "From " (short(self.from)) " to the version that is served" }
                p.hint {
                    "Leads go on at the step they wait at, with the timer they have; nothing is said to them. "
                    "Whoever the new version would not understand stays."
                    @if self.cut { " Only the newest " (LOOKED_AT_MAX) " were looked at; plan again afterwards." }
                }
                div.table-frame tabindex="0" role="region" aria-label="Who moves" {
                    table.list {
                        thead { tr { th scope="col" { "Step" } th.number scope="col" { "Leads" } th scope="col" { "Then" } } }
                        tbody { @for ((step, stays), count) in &self.groups { tr {
                            td { @if step.is_empty() { "not begun" } @else { code { (step) } } }
                            td.number { (count) }
                            td { @match stays {
                                None => span.badge.good { "moves" },
                                Some(why) => { span.badge { "stays" } " " (why) },
                            } }
                        } } }
                    }
                }
                @if moving > 0 && may_move {
                    form.move-form method="post" action=(format!("/flows/{}/versions/{}/move", flow.name, self.from)) {
                        button.primary { "Move " (moving) @if moving == 1 { " lead" } @else { " leads" } }
                    }
                }
            }
        }
    }
}

async fn old(app: &AppState, from: VersionId) -> Result<Arc<Flow>, Problem> {
    let engine = app.engine.clone();
    let old = app.read(move |_| engine.flow(from)).await?;
    old.ok_or_else(|| Problem::not_found("version"))
}

/// The conversations of a version that have not ended, and whether there may be more.
async fn standing(
    app: &AppState,
    flow: &Arc<Flow>,
    version: VersionId,
) -> Result<(Vec<Conversation>, bool), Problem> {
    let name = flow.name.clone();
    app.read(move |store| gather(store, &name, version)).await
}

fn gather(
    store: &dyn Store,
    flow: &Name,
    version: VersionId,
) -> Result<(Vec<Conversation>, bool), StoreError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for status in UNDER_WAY {
        let mut before = None;
        loop {
            let page = store.conversations(&ConversationQuery {
                status: Some(status.to_string()),
                flow: Some(flow.clone()),
                before,
                limit: PAGE,
                ..ConversationQuery::default()
            })?;
            looked_at += page.len();
            before = page.last().map(|conversation| conversation.id);
            let last = page.len() < PAGE;
            found.extend(page.into_iter().filter(|it| it.version == version));
            if looked_at >= LOOKED_AT_MAX {
                return Ok((found, true));
            }
            if last {
                break;
            }
        }
    }
    Ok((found, false))
}

/// `POST /flows/{flow}/versions/{version}/move`
pub async fn act(
    caller: Caller,
    State(app): State<AppState>,
    Path((name, version)): Path<(String, String)>,
) -> Page {
    require(&caller, Right::Enroll, &app)?;
    let (_, flow) = served(&app, &name)?;
    let from = read_version(&version).ok_or_else(|| Problem::not_found("version"))?;
    let old = old(&app, from).await?;
    let (found, _) = standing(&app, &flow, from).await?;
    let movable: Vec<&Conversation> = found
        .iter()
        .filter(|it| can_move(&old, &flow, &it.status).is_ok())
        .collect();
    let (mut moved, mut stayed) = (0_usize, found.len() - movable.len());
    for some in movable.chunks(TOGETHER) {
        let turns = some.iter().map(|it| {
            app.turn(Work::MoveVersion {
                lead: it.lead,
                conversation: it.id,
                to: flow.version,
                by: caller.name.to_string(),
            })
        });
        // One that replied meanwhile may stand elsewhere by now: it is judged again in its turn.
        for answer in join_all(turns).await {
            match answer {
                Ok(_) => moved += 1,
                Err(_) => stayed += 1,
            }
        }
    }
    tracing::info!(flow = %flow.name, %from, to = %flow.version, moved, stayed, by = %caller.name,
        "leads were moved to the version that is served");
    let to = format!(
        "/flows/{}/versions?moved={moved}&stayed={stayed}",
        flow.name
    );
    Ok(Redirect::to(&to).into_response())
}
