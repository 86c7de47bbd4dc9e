//! What is loaded and serving now: the workspace, the good version of each flow, and what was wrong
//! with the files read last.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::flow::Flow;
use crate::flow::workspace::Workspace;
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Live {
    pub workspace: Arc<Workspace>,
    pub flows: BTreeMap<Name, Arc<Flow>>,
    /// Of the files as they are; a flow with errors here still serves its last good version.
    pub diagnostics: Vec<Diagnostic>,
    /// The sources read, by file, so that diagnostics can be shown.
    pub sources: Vec<(String, String)>,
    /// Nothing leaves the machine, whatever the channels say.
    pub sandbox: bool,
    /// Where short links live, without a slash at the end.
    pub public_url: String,
}

impl Live {
    pub fn flow_for_keyword(&self, text: &str) -> Option<&Arc<Flow>> {
        let said = text
            .trim()
            .trim_matches(|c: char| c.is_ascii_punctuation())
            .to_lowercase();
        if said.is_empty() {
            return None;
        }
        self.flows
            .values()
            .find(|flow| flow.start_keywords.contains(&said))
    }
}
