//! An answer that came as a page alone, as text: enough to read what was written above the quoted letter.
//! Tags are dropped, never interpreted.

/// Where mail programs begin the letter they quote.
const QUOTES: [&str; 8] = [
    "<blockquote",
    "class=\"gmail_quote",
    "class=\"yahoo_quoted",
    "id=\"divrplyfwdmsg",
    "id=\"appendonsend",
    "id=\"mail-editor-reference-message",
    "class=\"moz-cite-prefix",
    "class=\"protonmail_quote",
];
const BREAKS: [&str; 8] = ["br", "/p", "/div", "/li", "/tr", "/h1", "/h2", "/h3"];
const HIDDEN: [&str; 4] = ["style", "script", "head", "title"];

pub fn text(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let end = QUOTES
        .iter()
        .filter_map(|mark| lower.find(mark))
        .map(|at| {
            lower[..at]
                .rfind('<')
                .filter(|_| !lower[at..].starts_with('<'))
                .unwrap_or(at)
        })
        .min()
        .unwrap_or(html.len());
    let (html, lower) = (&html[..end], &lower[..end]);
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        out.push_str(&html[at..open]);
        if !lower[open + 1..].starts_with(|c: char| c.is_ascii_lowercase() || "/!?".contains(c)) {
            out.push('<');
            at = open + 1;
            continue;
        }
        let Some(close) = html[open..].find('>').map(|i| open + i) else {
            return unescaped(&out);
        };
        let tag = lower[open + 1..close].trim();
        let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or("");
        let name = name.trim_end_matches('/');
        if BREAKS.contains(&name) {
            out.push('\n');
        }
        at = close + 1;
        if HIDDEN.contains(&name) {
            let end = lower[at..].find(&format!("</{name}"));
            at = end.map_or(html.len(), |end| at + end);
        }
    }
    out.push_str(&html[at..]);
    unescaped(&out)
}

fn unescaped(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&#160;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
