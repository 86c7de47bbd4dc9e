//! The register of reassigned numbers that is asked, as the workspace names it.

use crate::flow::workspace::read::{Reader, items, text_of};
use crate::flow::yaml::Node;
use crate::policy::Region;

#[derive(Clone, PartialEq)]
pub struct RegisterSettings {
    pub url: String,
    /// The bearer token, with `${NAME}` already filled in.
    pub key: Option<String>,
    /// Whose numbers it is told of; empty for all.
    pub countries: Vec<Region>,
}

/// Without the key, and without what an address may hold of one.
impl std::fmt::Debug for RegisterSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterSettings")
            .field("countries", &self.countries)
            .finish_non_exhaustive()
    }
}

/// A number of another country is nothing for a register of the United States to know.
const COUNTRY: &str = "US";

pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> Option<RegisterSettings> {
    let node = node?;
    let countries = match node.get("countries") {
        None => COUNTRY.parse().into_iter().collect(),
        Some(written) => reader.regions(items(Some(written))),
    };
    Some(RegisterSettings {
        url: text_of(node.get("url"))?,
        key: text_of(node.get("key")),
        countries,
    })
}
