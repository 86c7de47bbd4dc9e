//! Where a request comes from: from this very machine, from our own pages, or from elsewhere.
//!
//! A page of another site, or a name that was made to point at this machine, can have a browser call
//! us; so a loopback address alone proves nothing. A proxy on this machine is not the caller either.

use std::net::SocketAddr;

use axum::http::{Extensions, HeaderMap, header};

/// The other end of the connection, put into each request by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What proxies add.
const FORWARDED: [&str; 5] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Whether a program on this machine made the request, itself.
pub fn is_this_machine(extensions: &Extensions, headers: &HeaderMap) -> bool {
    let loopback = extensions
        .get::<Peer>()
        .is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback());
    let forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let host = text(headers, "host");
    let local = host.is_none_or(is_loopback_host);
    let origin = text(headers, "origin").map(|origin| origin.split_once("://").map(|o| o.1));
    let same = origin.is_none_or(|origin| origin.is_some() && origin == host);
    loopback && !forwarded && local && same
}

/// Where a caller is, to count tries by and to log: the other end of the connection, or what a proxy on
/// this very machine says of it. Proves nothing.
pub fn address(extensions: &Extensions, headers: &HeaderMap) -> String {
    let Some(Peer(peer)) = extensions.get::<Peer>() else {
        return String::new();
    };
    let peer = peer.ip().to_canonical();
    // What the nearest proxy appended is last; the rest anybody may have written.
    let told = text(headers, "x-forwarded-for")
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse::<std::net::IpAddr>().ok());
    told.filter(|_| peer.is_loopback())
        .map_or(peer, |told| told.to_canonical())
        .to_string()
}

/// Whether a call that changes something was made by one of our own pages, as the browser says.
pub fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let Some(host) = text(headers, "host") else {
        return false;
    };
    let known = is_loopback_host(host) || after_scheme(public_url) == Some(host);
    let own = match text(headers, "origin") {
        Some(origin) => after_scheme(origin) == Some(host),
        None => text(headers, "sec-fetch-site") == Some("same-origin"),
    };
    known && own
}

/// `localhost`, `127.x.x.x` or `[::1]`, with or without a port.
pub fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

fn after_scheme(url: &str) -> Option<&str> {
    url.split_once("://").map(|(_, rest)| rest)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let name = header::HeaderName::from_bytes(name.as_bytes()).ok()?;
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = header::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn only_a_program_of_this_machine_itself_is_this_machine() {
        for (peer, given, local) in [
            ("127.0.0.1:5", vec![("host", "127.0.0.1:8080")], true),
            ("127.0.0.1:5", vec![("host", "localhost:8080")], true),
            ("[::1]:5", vec![("host", "[::1]:8080")], true),
            ("127.0.0.1:5", vec![("host", "evil.example:8080")], false),
            ("10.0.0.7:5", vec![("host", "127.0.0.1:8080")], false),
            (
                "127.0.0.1:5",
                vec![("host", "localhost"), ("x-forwarded-for", "1.2.3.4")],
                false,
            ),
            (
                "127.0.0.1:5",
                vec![("host", "localhost:1"), ("origin", "https://evil.example")],
                false,
            ),
            (
                "127.0.0.1:5",
                vec![("host", "localhost:1"), ("origin", "http://localhost:1")],
                true,
            ),
        ] {
            let mut extensions = Extensions::new();
            extensions.insert(Peer(peer.parse().unwrap()));
            let got = is_this_machine(&extensions, &headers(&given));
            assert_eq!(got, local, "{peer} {given:?}");
        }
    }

    #[test]
    fn a_page_of_ours_says_its_origin_and_another_site_cannot() {
        let public = "https://text.northside.example";
        for (given, own) in [
            (
                vec![
                    ("host", "text.northside.example"),
                    ("origin", "https://text.northside.example"),
                ],
                true,
            ),
            (
                vec![("host", "localhost:1"), ("origin", "http://localhost:1")],
                true,
            ),
            (
                vec![
                    ("host", "text.northside.example"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
            (vec![("host", "text.northside.example")], false),
            (
                vec![
                    ("host", "text.northside.example"),
                    ("sec-fetch-site", "same-origin"),
                ],
                true,
            ),
            (
                vec![("host", "evil.example"), ("origin", "https://evil.example")],
                false,
            ),
        ] {
            assert_eq!(is_own(&headers(&given), public), own, "{given:?}");
        }
    }
}
