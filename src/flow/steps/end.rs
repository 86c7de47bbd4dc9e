//! `end`: ends the conversation with an outcome's name.

use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct End {
    pub outcome: Name,
}
