//! Every web address that a flow sends by SMS: written into a text, or behind a short link.

use crate::diagnostic::Span;
use crate::flow::{Flow, StepIx, Vary};
use crate::lint::prose;
use crate::lint::said::{self, likely};

#[derive(Debug, Clone)]
pub struct Address {
    pub url: String,
    pub span: Span,
    /// The step of the text that holds it; none for the target of a link, which any text may name.
    pub step: Option<StepIx>,
    /// Sent as a short link under our own address.
    pub shortened: bool,
}

impl Address {
    /// Lower case; `None` where a token brings it in.
    pub fn host(&self) -> Option<String> {
        host(&self.url)
    }
}

/// Addresses of the flow's own file.
pub fn all(flow: &Flow, brand: &str) -> Vec<Address> {
    let mut all: Vec<Address> = Vec::new();
    for said in said::all(flow, brand) {
        // A token may be a link of ours; what is written is what its author chose.
        for word in said.literals().flat_map(str::split_whitespace) {
            if prose::is_link(word) {
                all.push(Address {
                    url: bare(word).to_string(),
                    span: said.span,
                    step: said.step(),
                    shortened: false,
                });
            }
        }
    }
    let varied = flow
        .experiments
        .iter()
        .filter_map(|experiment| match &experiment.vary {
            Vary::Link(_, link) => {
                let span = flow.places.experiments.get(&experiment.name)?;
                Some((link, *span))
            }
            _ => None,
        });
    let declared = flow.links.iter().filter_map(|(name, link)| {
        let span = flow.places.links.get(name)?;
        Some((link, *span))
    });
    for (link, span) in declared.chain(varied) {
        for template in &link.to.0 {
            let url = likely(&template.pieces, brand);
            if all
                .iter()
                .any(|known| known.span == span && known.url == url)
            {
                continue;
            }
            all.push(Address {
                url,
                span,
                step: None,
                shortened: true,
            });
        }
    }
    all
}

/// A link without the brackets and stops around it.
fn bare(word: &str) -> &str {
    word.trim_start_matches(['(', '<', '"', '\''])
        .trim_end_matches(['.', ',', '!', '?', ';', ':', ')', '>', '"', '\''])
}

/// The host of an address, in lower case, without a port.
pub fn host(url: &str) -> Option<String> {
    let lower = url.to_ascii_lowercase();
    let rest = match lower.split_once("://") {
        Some((_, rest)) => rest,
        None => &lower,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.');
    (host.contains('.') && !host.contains(['{', ' '])).then(|| host.to_string())
}

/// Whether `host` is `domain` or below it.
pub fn is_within(host: &str, domain: &str) -> bool {
    let domain = domain.trim_start_matches("www.");
    host.strip_suffix(domain)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_where_a_browser_would_go() {
        for (url, expected) in [
            ("https://Shop.Example/a?b#c", Some("shop.example")),
            ("https://shop.example:8443", Some("shop.example")),
            ("https://shop.example@evil.example/", Some("evil.example")),
            ("www.shop.example/x", Some("www.shop.example")),
            ("https://", None),
            ("https:///x", None),
            ("https://Dana/x", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_domain_holds_what_is_below_it_and_nothing_that_only_ends_so() {
        for (host, domain, within) in [
            ("shop.example", "shop.example", true),
            ("go.shop.example", "shop.example", true),
            ("www.shop.example", "www.shop.example", true),
            ("shop.example", "www.shop.example", true),
            ("myshop.example", "shop.example", false),
            ("shop.example.evil.example", "shop.example", false),
        ] {
            assert_eq!(is_within(host, domain), within, "{host} {domain}");
        }
    }
}
