//! The mail server that a workspace names: `smtps://user:password@host:465` speaks TLS from the first
//! byte, `smtp://user:password@host:587` begins in the clear and must go over to TLS (STARTTLS), unless
//! the server is this very machine.

use std::net::IpAddr;

/// Where letters are handed over. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<(String, String)>,
    /// A file of certificates to trust besides those of the web.
    pub ca: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// From the first byte.
    Tls,
    /// Before anything is said.
    StartTls,
    /// A server on this machine, with no certificate named to know it by.
    None,
}

#[derive(Debug, thiserror::Error)]
#[error("the mail server's address is not smtp://user:password@host:587 or smtps://…:465")]
pub struct NoServer;

impl MailServer {
    pub fn read(url: &str, ca: Option<&str>) -> Result<Self, NoServer> {
        let (implicit, rest) = match url.trim().split_once("://") {
            Some(("smtps", rest)) => (true, rest),
            Some(("smtp", rest)) => (false, rest),
            _ => return Err(NoServer),
        };
        let rest = rest.split(['/', '?', '#']).next().unwrap_or("");
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let (host, port) = host_and_port(place).ok_or(NoServer)?;
        let login = match login {
            None => None,
            Some(login) => {
                let (user, password) = login.split_once(':').ok_or(NoServer)?;
                Some((
                    unescaped(user).ok_or(NoServer)?,
                    unescaped(password).ok_or(NoServer)?,
                ))
            }
        };
        let security = match (implicit, is_this_machine(&host) && ca.is_none()) {
            (true, _) => Security::Tls,
            (false, true) => Security::None,
            (false, false) => Security::StartTls,
        };
        Ok(Self {
            port: port.unwrap_or(if implicit { 465 } else { 587 }),
            host,
            security,
            login,
            ca: ca.map(str::to_string),
        })
    }
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.security)
    }
}

fn host_and_port(place: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        // An IPv6 address stands in brackets.
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = port.map(str::parse::<u16>).transpose().ok()?;
    (!host.is_empty() && port != Some(0)).then(|| (host.to_ascii_lowercase(), port))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Without its `%40`; `None` when that is not text.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                let hex = std::str::from_utf8(&hex).ok()?;
                bytes.push(u8::from_str_radix(hex, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_how_safely() {
        use Security::{None as Clear, StartTls, Tls};
        for (url, ca, host, port, security, login) in [
            (
                "smtps://u:p@mail.example",
                None,
                "mail.example",
                465,
                Tls,
                Some(("u", "p")),
            ),
            (
                "smtp://mail.example",
                None,
                "mail.example",
                587,
                StartTls,
                None,
            ),
            (
                "smtp://a%40b:p%3A%2F@h.example:2525/",
                None,
                "h.example",
                2525,
                StartTls,
                Some(("a@b", "p:/")),
            ),
            (
                "smtp://u:p@ss@h.example",
                None,
                "h.example",
                587,
                StartTls,
                Some(("u", "p@ss")),
            ),
            ("smtp://127.0.0.1:25", None, "127.0.0.1", 25, Clear, None),
            ("smtp://[::1]:25", None, "::1", 25, Clear, None),
            (
                "smtp://localhost:25",
                Some("ca.pem"),
                "localhost",
                25,
                StartTls,
                None,
            ),
            ("smtps://LOCALHOST", None, "localhost", 465, Tls, None),
        ] {
            let server = MailServer::read(url, ca).unwrap();
            let told = server.login.as_ref().map(|(u, p)| (u.as_str(), p.as_str()));
            assert_eq!(
                (server.host.as_str(), server.port, server.security, told),
                (host, port, security, login),
                "{url}"
            );
            assert!(!format!("{server:?}").contains("p@ss"));
        }
        for url in [
            "",
            "http://x",
            "smtp://",
            "smtp://u@h",
            "smtp://h:0",
            "smtp://h:x",
            "smtp://u:%zz@h",
        ] {
            assert!(MailServer::read(url, None).is_err(), "{url}");
        }
    }
}
