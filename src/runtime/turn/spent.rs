//! Whether a text must wait because a limit of the workspace was reached and nobody has looked yet.

use crate::conversation::Effect;
use crate::flow::workspace::held_by;
use crate::lead::Name;
use crate::policy::Purpose;
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;

impl Desk<'_> {
    /// What an opt-out is answered, and what an agent writes, goes all the same.
    pub(super) fn is_spent(
        &self,
        effect: &Effect,
        channel: Option<&Name>,
    ) -> Result<bool, Refusal> {
        let Effect::Sms(message) = effect else {
            return Ok(false);
        };
        if !self.engine.watch.any()
            || matches!(
                message.purpose,
                Purpose::OptOutConfirmation | Purpose::Agent
            )
        {
            return Ok(false);
        }
        let store = self.engine.store.as_ref();
        for held in [None, channel].map(held_by) {
            if self.engine.watch.holds(store, &held)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
