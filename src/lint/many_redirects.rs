//! ## What it finds
//!
//! A link that goes on to another address before it opens: a short link to one of your own short links, a
//! click tracker or another's redirector, an address that carries its true target in itself (`?url=https://…`).
//! (Public shorteners are an error, `E0414`; `http://` is `link-https`.)
//!
//! ## Why it matters
//!
//! Filters follow a link and count the hops: a chain is what fraud hides behind. A reader on a slow phone waits
//! for each; and when one of the links between ends, so do all that lead through it.
//!
//! ## Example
//!
//! ```yaml
//! links: { quote: "https://www.google.com/url?q=https://northside.example/quote" }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! links: { quote: "https://northside.example/quote" }
//! ```
//!
//! Clicks on a `{link.<name>}` are counted anyway.

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::address::{self, is_within};

pub struct ManyRedirects;

impl Lint for ManyRedirects {
    fn name(&self) -> &'static str {
        "many-redirects"
    }

    fn source(&self) -> &'static str {
        include_str!("many_redirects.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let workspace = report.known().workspace;
        let public = workspace.and_then(|workspace| workspace.public_url.as_deref());
        let ours = public.and_then(address::host);
        for address in address::all(flow, report.brand()) {
            let Some(host) = address.host() else {
                continue;
            };
            let own = address.shortened && Some(&host) == ours.as_ref() && is_short(&address.url);
            let (message, help) = if own {
                (
                    "a short link to another short link".to_string(),
                    "link to where it leads in the end",
                )
            } else if let Some(target) = carried(&address.url) {
                (
                    format!("`{host}` only goes on to `{target}`"),
                    "link to the target itself; clicks on `{link.<name>}` are counted anyway",
                )
            } else if redirects(&host, &address.url) {
                (
                    format!("`{host}` only goes on to another address"),
                    "link to where it leads in the end; clicks on `{link.<name>}` are counted anyway",
                )
            } else {
                continue;
            };
            report.address(
                &address,
                &host,
                message,
                "one more hop before the page opens",
                help,
            );
        }
    }
}

/// One of our own short links, by its path.
fn is_short(url: &str) -> bool {
    path(url).starts_with("/l/")
}

/// From the first slash after the host on.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find(['/', '?']).map_or("", |at| &rest[at..])
}

/// Keys under which redirectors carry where they go. Not among them: what is only gone back to after a login
/// or a purchase, such as `return_to` or `continue`.
const CARRIERS: [&str; 24] = [
    "u",
    "q",
    "r",
    "to",
    "go",
    "url",
    "uri",
    "href",
    "link",
    "goto",
    "dest",
    "target",
    "adurl",
    "out",
    "redir",
    "redirect",
    "redirect_to",
    "redirect_url",
    "redirecturl",
    "redirect_uri",
    "destination",
    "target_url",
    "destination_url",
    "deep_link",
];

/// The host of the address that an address carries in its query, as written or percent-encoded.
fn carried(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let query = query.split('#').next().unwrap_or(query);
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        if !CARRIERS.contains(&key.to_ascii_lowercase().as_str()) {
            return None;
        }
        let value = value
            .to_ascii_lowercase()
            .replace("%3a", ":")
            .replace("%2f", "/");
        let web = ["https://", "http://"]
            .iter()
            .any(|start| value.starts_with(start));
        web.then(|| address::host(&value)).flatten()
    })
}

/// Whose business it is to send on to another address: domains, with the path below which they do so; an
/// empty one for all of it.
const REDIRECTORS: [(&str, &str); 48] = [
    // Where a platform warns of, or counts, whoever leaves it.
    ("l.facebook.com", ""),
    ("lm.facebook.com", ""),
    ("l.instagram.com", ""),
    ("l.threads.net", ""),
    ("l.messenger.com", ""),
    ("l.wl.co", ""),
    ("google.com", "/url"),
    ("googleadservices.com", ""),
    ("doubleclick.net", ""),
    ("youtube.com", "/redirect"),
    ("linkedin.com", "/redir"),
    ("out.reddit.com", ""),
    ("bing.com", "/ck/"),
    ("r.search.yahoo.com", ""),
    ("duckduckgo.com", "/l/"),
    ("t.umblr.com", ""),
    ("vk.com", "/away.php"),
    ("slack-redir.net", ""),
    ("href.li", ""),
    ("fb.me", ""),
    ("amzn.to", ""),
    // Links that look at the device first.
    ("app.link", ""),
    ("page.link", ""),
    ("onelink.me", ""),
    ("smart.link", ""),
    ("adj.st", ""),
    ("lnk.to", ""),
    // Mailing programs' click counters.
    ("list-manage.com", "/track/"),
    ("ct.sendgrid.net", ""),
    ("hubspotlinks.com", ""),
    ("hubspotlinksfree.com", ""),
    ("klclick.com", ""),
    ("klclick1.com", ""),
    ("klclick2.com", ""),
    ("klclick3.com", ""),
    ("sendibt2.com", ""),
    ("sendibt3.com", ""),
    ("customeriomail.com", ""),
    ("awstrack.me", ""),
    ("mandrillapp.com", "/track/"),
    // Affiliate networks, and what mail filters wrap links in.
    ("anrdoezrs.net", ""),
    ("click.linksynergy.com", ""),
    ("awin1.com", ""),
    ("prf.hn", ""),
    ("go.skimresources.com", ""),
    ("go.redirectingat.com", ""),
    ("safelinks.protection.outlook.com", ""),
    ("urldefense.com", ""),
];

/// First labels of hosts that count clicks for somebody.
/// `track` is not among them: it may show where a parcel is.
const COUNTERS: [&str; 5] = ["click", "clicks", "trk", "redirect", "redir"];

fn redirects(host: &str, url: &str) -> bool {
    let path = path(url);
    let known = REDIRECTORS
        .iter()
        .any(|(domain, below)| is_within(host, domain) && path.starts_with(below));
    let first = host.split('.').next().unwrap_or(host);
    known || COUNTERS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_only_goes_on_is_told_from_a_page() {
        for (url, goes_on) in [
            (
                "https://www.google.com/url?q=https://northside.example/x&sa=D",
                true,
            ),
            ("https://www.google.com/maps/place/Northside", false),
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fnorthside.example",
                true,
            ),
            ("https://www.facebook.com/northside", false),
            (
                "https://go.vendor.example/?redirect_url=HTTPS%3a%2f%2fnorthside.example%2fa",
                true,
            ),
            (
                "https://northside.example/login?return_to=https://northside.example/a",
                false,
            ),
            ("https://northside.example/search?q=lamp", false),
            ("https://northside.example/search?q=https", false),
            ("https://abc.ct.sendgrid.net/ls/click?upn=x", true),
            (
                "https://northside.us1.list-manage.com/track/click?u=1",
                true,
            ),
            ("https://northside.us1.list-manage.com/subscribe?u=1", false),
            ("https://click.mail.example/x/1", true),
            ("https://track.parcel.example/x/1", false),
            ("https://northside.app.link/a", true),
            ("https://notapp.link.example/a", false),
        ] {
            let host = address::host(url).unwrap();
            let found = carried(url).is_some() || redirects(&host, url);
            assert_eq!(found, goes_on, "{url}");
        }
    }
}
