//! The one client of the outside world. It takes requests that adapters built and brings back answers;
//! an address that an author wrote is reached only where the public may go.
//!
//! Bounds: no redirects, 10 s, 64 KB of an answer. Source of the address ranges: the IANA special-purpose
//! registries for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};

use crate::carrier::{HttpAnswer, HttpRequest};

/// How much of an answer is read.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// How far an address may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A carrier's API, as the workspace's owner configured it.
    Anywhere,
    /// An author's address: https, and public addresses only.
    Public,
    /// This machine and nothing else: the sandbox.
    ThisMachine,
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not a byte left; the reason lasts.
    Refused(String),
    /// Not a byte left; it may be better later.
    NotReached(String),
    /// Something left, and nobody knows what became of it.
    Unknown(String),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoAnswer::Refused(why) | NoAnswer::NotReached(why) | NoAnswer::Unknown(why) => {
                f.write_str(why)
            }
        }
    }
}

#[derive(Clone)]
pub struct Outside {
    anywhere: Client,
    public: Client,
    this_machine: Client,
}

#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made")]
pub struct ClientError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Outside {
    pub fn new() -> Result<Self, ClientError> {
        let client = |no_proxy: NoProxy, resolver: Option<Arc<PublicOnly>>| {
            let mut builder = Client::builder()
                .tls_backend_preconfigured(tls()?)
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TIMEOUT)
                .user_agent(concat!("replytree/", env!("CARGO_PKG_VERSION")));
            if let NoProxy::Direct = no_proxy {
                builder = builder.no_proxy();
            }
            if let Some(resolver) = resolver {
                builder = builder.dns_resolver(resolver);
            }
            builder.build().map_err(|error| ClientError(error.into()))
        };
        Ok(Self {
            anywhere: client(NoProxy::System, None)?,
            // A proxy would resolve names itself, past our check.
            public: client(NoProxy::Direct, Some(Arc::new(PublicOnly)))?,
            this_machine: client(NoProxy::Direct, None)?,
        })
    }

    pub async fn send(
        &self,
        request: HttpRequest,
        reach: Reach,
        timeout: Duration,
    ) -> Result<HttpAnswer, NoAnswer> {
        let refused = |why: &str| NoAnswer::Refused(why.to_string());
        let url: Url = request
            .url
            .parse()
            .map_err(|_| refused("the address is not a URL"))?;
        within(&url, reach).map_err(refused)?;
        let client = match reach {
            Reach::Anywhere => &self.anywhere,
            Reach::Public => &self.public,
            Reach::ThisMachine => &self.this_machine,
        };
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| refused("the method is not one of HTTP"))?;
        let mut sending = client
            .request(method, url)
            .timeout(timeout.min(TIMEOUT))
            .body(request.body);
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        let answer = sending.send().await.map_err(no_answer)?;
        read(answer).await
    }
}

/// Whether a URL lies within reach as it is written; what a name stands for is checked when it is
/// resolved.
fn within(url: &Url, reach: Reach) -> Result<(), &'static str> {
    let literal: Option<IpAddr> = url
        .host_str()
        .map(|host| host.trim_start_matches('[').trim_end_matches(']'))
        .and_then(|host| host.parse().ok());
    match reach {
        Reach::Anywhere => match url.scheme() {
            "https" | "http" => Ok(()),
            _ => Err("the address is neither https nor http"),
        },
        Reach::Public if url.scheme() != "https" => Err("the address is not https"),
        Reach::Public => match literal {
            Some(ip) if !is_public(ip) => Err("the address is not a public one"),
            _ => Ok(()),
        },
        Reach::ThisMachine if is_this_machine(url) => Ok(()),
        Reach::ThisMachine => Err("the sandbox calls this machine only"),
    }
}

/// Whether the URL names this machine literally.
pub fn is_this_machine(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        })
}

enum NoProxy {
    System,
    Direct,
}

fn tls() -> Result<rustls::ClientConfig, ClientError> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.into()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Never with the address: it may hold a secret.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let error = error.without_url();
    let told = crate::runtime::outside::causes(&error);
    if error.is_builder() {
        NoAnswer::Refused(told)
    } else if error.is_connect() {
        NoAnswer::NotReached(told)
    } else {
        NoAnswer::Unknown(told)
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

async fn read(mut answer: reqwest::Response) -> Result<HttpAnswer, NoAnswer> {
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_string(), value)
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::Unknown("the answer is over 64 KB".to_string()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer {
        status,
        headers,
        body,
    })
}

/// Resolves names, and lets through what is public of what they stand for: checked at the very
/// resolution that is connected to, so that a name cannot change in between.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                return Err("the name stands for no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether the address is one of the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast();
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Global unicast is 2000::/3; within it Teredo, documentation and 6to4 wrap other addresses.
    let global = a & 0xe000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || a == 0x3fff;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authors_address_leads_only_where_the_public_may_go() {
        for (url, well) in [
            ("https://inventory.example/api", true),
            ("https://93.184.215.14/", true),
            ("https://[2606:2800:21f::1]/", true),
            ("http://inventory.example/api", false),
            ("ftp://inventory.example/", false),
            ("https://127.0.0.1/", false),
            ("https://2130706433/", false),
            ("https://0x7f.1/", false),
            ("https://10.1.2.3/", false),
            ("https://172.16.0.1/", false),
            ("https://192.168.0.1/", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("https://100.64.0.1/", false),
            ("https://0.0.0.0/", false),
            ("https://[::1]/", false),
            ("https://[::]/", false),
            ("https://[fe80::1]/", false),
            ("https://[fd00::1]/", false),
            ("https://[::ffff:10.0.0.1]/", false),
            ("https://[64:ff9b::a00:1]/", false),
            ("https://[2002:a00:1::]/", false),
        ] {
            let url: Url = url.parse().unwrap();
            assert_eq!(within(&url, Reach::Public).is_ok(), well, "{url}");
        }
    }

    #[test]
    fn the_sandbox_calls_this_machine_only() {
        for (url, well) in [
            ("http://127.0.0.1:9/x", true),
            ("http://localhost:9/x", true),
            ("http://[::1]:9/x", true),
            ("http://127.0.0.1.evil.example/", false),
            ("https://inventory.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            let url: Url = url.parse().unwrap();
            assert_eq!(within(&url, Reach::ThisMachine).is_ok(), well, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_refused_when_it_is_resolved() {
        let request = HttpRequest {
            method: "GET",
            url: "https://localhost:9/".to_string(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let outside = Outside::new().unwrap();
        let answer = outside.send(request, Reach::Public, TIMEOUT).await;
        let Err(NoAnswer::NotReached(why)) = answer else {
            panic!("{answer:?}")
        };
        assert!(why.contains("no public address"), "{why}");
    }
}
