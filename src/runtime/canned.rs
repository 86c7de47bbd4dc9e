//! What agents say often: a template of the workspace, filled in for one lead.

use std::borrow::Cow;

use crate::conversation::Conversation;
use crate::flow::template::{Scope, Source};
use crate::flow::workspace::Workspace;
use crate::lead::{Lead, Value};
use crate::time::Zone;

/// The text of a template as this lead reads it; `None` when the workspace has no such template.
pub fn text(
    workspace: &Workspace,
    name: &str,
    lead: &Lead,
    conversation: &Conversation,
    agent: &str,
) -> Option<String> {
    let said = workspace.templates.get(name)?;
    let told = lead.time_zone.as_ref().and_then(|zone| zone.parse().ok());
    let scope = ForLead {
        workspace,
        lead,
        conversation,
        agent,
        zone: told.unwrap_or_else(|| workspace.time_zone.clone()),
    };
    Some(said.in_locale(&conversation.locale)?.rendered(&scope))
}

struct ForLead<'a> {
    workspace: &'a Workspace,
    lead: &'a Lead,
    conversation: &'a Conversation,
    agent: &'a str,
    zone: Zone,
}

impl Scope for ForLead<'_> {
    fn get(&self, source: &Source) -> Cow<'_, Value> {
        match source {
            Source::Field(name, _) if *name == "phone" => {
                Cow::Owned(Value::Text(self.lead.phone.to_string()))
            }
            Source::Field(name, kind) => crate::flow::fields::read(self.lead.field(name), *kind),
            Source::Brand => Cow::Owned(Value::text(&*self.workspace.brand)),
            Source::Agent => Cow::Owned(Value::text(self.agent)),
            Source::LastReply => Cow::Owned(Value::text(&*self.conversation.last_reply)),
            Source::Score => Cow::Owned(Value::Number(f64::from(self.conversation.score))),
            Source::Locale => Cow::Owned(Value::text(&*self.conversation.locale)),
            Source::Answer(..)
            | Source::Link(_)
            | Source::Event(_)
            | Source::Saved(_)
            | Source::Tags => Cow::Owned(Value::Nothing),
        }
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn locale(&self) -> &str {
        &self.conversation.locale
    }

    fn region(&self) -> &str {
        &self.workspace.region
    }
}
