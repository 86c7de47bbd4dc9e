//! A conversation goes on in another version of its flow. Nothing is said and no timer moves; only what
//! comes next is the new version's.

use crate::advance::Turn;
use crate::conversation::{ConversationId, Entry, Event, VersionId};
use crate::flow::moving;
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;

impl Desk<'_> {
    pub(super) fn move_version(
        &mut self,
        id: ConversationId,
        to: VersionId,
        by: &str,
    ) -> Result<(), Refusal> {
        let mut conversation = self.take_named(id)?;
        let old = self.flow_of(&conversation)?;
        let found = self.engine.flow(to)?;
        let new = found.ok_or(Refusal::NotFound("version of the flow"))?;
        if new.name != old.name {
            let other = format!(
                "version {to} is one of `{}`, not of `{}`",
                new.name, old.name
            );
            return Err(Refusal::Invalid(other));
        }
        if conversation.version == to {
            self.done.conversation = Some(conversation);
            return Ok(());
        }
        moving::can_move(&old, &new, &conversation.status)
            .map_err(|stays| Refusal::Conflict(format!("not moved: {stays}")))?;
        let event = Event::VersionMoved {
            from: conversation.version,
            to,
            by: by.to_string(),
        };
        conversation.version = to;
        conversation.revision += 1;
        self.take(Turn {
            conversation: conversation.into_inner(),
            entry: Entry {
                event,
                understood: None,
                path: Vec::new(),
            },
            effects: Vec::new(),
        })
    }
}
