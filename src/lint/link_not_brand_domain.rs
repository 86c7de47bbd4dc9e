//! ## What it finds
//!
//! A link, or the target of a short link, on a host that is neither in the workspace's `domains` nor that of
//! its `public_url`. Without `domains` nothing is judged.
//!
//! ## Why it matters
//!
//! A campaign is registered with its domains, and carriers filter texts that link elsewhere; a reader trusts a
//! name that is on the door.
//!
//! ## Example
//!
//! ```yaml
//! links: { quote: "https://forms.elsewhere.example/q/17" }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! links: { quote: "https://northside.example/quote" }
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::address::{self, is_within};

pub struct LinkNotBrandDomain;

impl Lint for LinkNotBrandDomain {
    fn name(&self) -> &'static str {
        "link-not-brand-domain"
    }

    fn source(&self) -> &'static str {
        include_str!("link_not_brand_domain.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let Some(workspace) = report.known().workspace else {
            return;
        };
        if workspace.domains.is_empty() {
            return;
        }
        let public = workspace.public_url.as_deref().and_then(address::host);
        for address in address::all(flow, report.brand()) {
            let Some(host) = address.host() else {
                continue;
            };
            let declared = workspace
                .domains
                .iter()
                .map(|domain| domain.as_str())
                .chain(public.as_deref())
                .any(|domain| is_within(&host, domain));
            if !declared {
                report.address(
                    &address,
                    &host,
                    format!("`{host}` is not a domain of {}", workspace.brand),
                    "not among the workspace's `domains`",
                    "link to a page of your own, or add the domain to `domains` if it is yours",
                );
            }
        }
    }
}
