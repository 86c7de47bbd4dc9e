//! A raw HTTP request as people have it: recorded, copied from a log, or typed.
//!
//! Tolerant of what copying does: line ends of either kind, a body still in chunks, no length,
//! white space before it. It decides nothing about signatures.

use crate::carrier::RawRequest;

const HEADERS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paste {
    method: String,
    /// As in the request line: a path with its query, or a whole address.
    target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the request itself told where its body ends.
    pub sized: bool,
    pub notes: Vec<String>,
}

impl Paste {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
        let mut rest = start.map_or(&b""[..], |start| &bytes[start..]);
        let line = take_line(&mut rest).unwrap_or_default();
        let (method, target) = request_line(&line).ok_or(
            "standard input holds no HTTP request; it begins with a line such as \
             `POST /hooks/main/inbound HTTP/1.1`, then headers, an empty line, the body",
        )?;
        let mut headers = Vec::new();
        while let Some(line) = take_line(&mut rest) {
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| format!("`{}` is not a header", shorten(&line)))?;
            headers.push((name.trim().to_lowercase(), value.trim().to_string()));
            if headers.len() > HEADERS_MAX {
                return Err(format!("there are more than {HEADERS_MAX} headers"));
            }
        }
        let mut paste = Paste {
            method,
            target,
            headers,
            body: rest.to_vec(),
            sized: false,
            notes: Vec::new(),
        };
        paste.bound_body();
        Ok(paste)
    }

    /// Cuts the body where the request says that it ends.
    fn bound_body(&mut self) {
        let chunked = self
            .header("transfer-encoding")
            .is_some_and(|value| value.to_lowercase().contains("chunked"));
        if chunked && let Some(whole) = unchunk(&self.body) {
            self.body = whole;
            self.sized = true;
            return;
        }
        let Some(length) = self
            .header("content-length")
            .and_then(|text| text.parse().ok())
        else {
            return;
        };
        let length: usize = length;
        let here = self.body.len();
        if here >= length {
            let beyond = self.body.split_off(length);
            if !beyond.trim_ascii().is_empty() {
                self.notes.push(format!(
                    "the body is {here} bytes, and `content-length` says {length}: what is beyond \
                     was left out; if it belongs to the body, something changed it on its way"
                ));
            }
            self.sized = true;
        } else {
            self.notes.push(format!(
                "the body is {here} bytes, and `content-length` says {length}: a part was lost, or \
                 its line ends or accents were changed in copying"
            ));
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn request(&self, url: String, body: Vec<u8>) -> RawRequest {
        RawRequest {
            method: self.method.clone(),
            url,
            headers: self.headers.clone(),
            body,
        }
    }

    /// The address that the signature is judged for: the one that was told, else the configured one
    /// with the request's path, and for want of both the one in the request.
    pub fn url(&self, told: Option<&str>, public: Option<&str>, notes: &mut Vec<String>) -> String {
        let path = self.path();
        if let Some(told) = told {
            return match path.split_once('?') {
                Some((_, query)) if !told.contains('?') => format!("{told}?{query}"),
                _ => told.to_string(),
            };
        }
        if let Some(public) = public {
            return format!("{}{path}", public.trim_end_matches('/'));
        }
        let host = self.header("host").unwrap_or("localhost");
        notes.push(format!(
            "there is neither a `public_url` nor a --url: judged for https://{host}{path}"
        ));
        format!("https://{host}{path}")
    }

    /// The path with its query.
    fn path(&self) -> String {
        let path = match self.target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => self.target.as_str(),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{slash}{path}")
    }

    /// The body without the line end that it ends with.
    pub fn without_line_end(&self) -> Option<Vec<u8>> {
        let body = self.body.strip_suffix(b"\n")?;
        Some(body.strip_suffix(b"\r").unwrap_or(body).to_vec())
    }
}

fn take_line(rest: &mut &[u8]) -> Option<String> {
    if rest.is_empty() {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (line, after) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, &b""[..]),
    };
    *rest = after;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Some(String::from_utf8_lossy(line).into_owned())
}

fn request_line(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let well = method.bytes().all(|b| b.is_ascii_alphabetic())
        && (target.starts_with('/') || target.contains("://"));
    well.then(|| (method.to_uppercase(), target.to_string()))
}

/// The body of `Transfer-Encoding: chunked`; `None` when it is not in chunks (any more).
fn unchunk(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut whole = Vec::new();
    loop {
        let line = take_line(&mut rest)?;
        let size = line.split(';').next().unwrap_or("").trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        rest = &rest[size..];
        rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest = rest.strip_prefix(b"\n")?;
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_however_it_was_copied() {
        let head = "POST /h?a=b HTTP/1.1\r\nHost: x.example\r\nX-A:  b \r\n";
        for (raw, body, sized) in [
            (format!("{head}\r\nhello"), "hello", false),
            (
                format!("{head}\r\nhello").replace("\r\n", "\n"),
                "hello",
                false,
            ),
            (format!("\n\n  {head}\r\nhello\n"), "hello\n", false),
            (
                format!("{head}Content-Length: 5\r\n\r\nhello\n\n"),
                "hello",
                true,
            ),
            (
                format!("{head}Content-Length: 50\r\n\r\nhello"),
                "hello",
                false,
            ),
            (
                format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
                "hello",
                true,
            ),
            (
                format!("{head}Transfer-Encoding: chunked\n\n5;x=y\nhello\n0\n").replace('\r', ""),
                "hello",
                true,
            ),
            (
                format!("{head}Transfer-Encoding: chunked\r\n\r\nhello"),
                "hello",
                false,
            ),
            (head.to_string(), "", false),
        ] {
            let paste = Paste::read(raw.as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&paste.body), body, "{raw:?}");
            assert_eq!(
                (paste.sized, paste.header("x-a")),
                (sized, Some("b")),
                "{raw:?}"
            );
            let url = paste.url(None, Some("https://p.example/"), &mut Vec::new());
            assert_eq!(url, "https://p.example/h?a=b", "{raw:?}");
        }
    }

    #[test]
    fn what_is_no_request_is_said_to_be_none() {
        for raw in [
            "",
            "\n\n",
            "hello",
            "{\"a\": 1}",
            "POST",
            "POST /x HTTP/1.1\nno header\n\n",
        ] {
            assert!(Paste::read(raw.as_bytes()).is_err(), "{raw:?}");
        }
    }
}
