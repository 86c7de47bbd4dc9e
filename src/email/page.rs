//! What a letter says, as text and as a plain page that any reader can read: the email itself, the
//! texts so far, and why it came with the way to stop it. What leads wrote is data: it is escaped.

use crate::email::words::{self, Words};

/// A letter's content.
#[derive(Debug, Clone)]
pub struct Page {
    pub words: &'static Words,
    pub brand: String,
    pub subject: String,
    pub body: String,
    /// What was said so far, oldest first.
    pub so_far: Vec<Quote>,
    pub footer: Option<Footer>,
}

/// One text of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub who: String,
    pub when: String,
    pub text: String,
}

#[derive(Debug, Clone)]
pub struct Footer {
    pub unsubscribe: String,
    /// The sender's postal address (15 U.S.C. 7704(a)(5)).
    pub postal_address: Option<String>,
}

/// `lang`, title, a line no longer than the eye likes, letters no smaller than 16 pixels.
const STYLE: &str = "font:16px/1.5 Arial,Helvetica,sans-serif;color:#1a1a1a;background:#ffffff;\
    max-width:38em;margin:0 auto;padding:16px";
const QUOTE_STYLE: &str = "margin:0 0 12px;padding:0 0 0 12px;border-left:3px solid #767676";
const SMALL_STYLE: &str = "font-size:14px;color:#4a4a4a";

impl Page {
    pub fn text(&self) -> String {
        let mut text = self.body.trim().to_string();
        if !self.so_far.is_empty() {
            text.push_str(&format!("\n\n--- {} ---\n", self.words.so_far));
            for quote in &self.so_far {
                let said = quote.text.trim().replace('\n', "\n> ");
                text.push_str(&format!("\n> {}, {}:\n> {said}\n", quote.who, quote.when));
            }
        }
        if let Some(footer) = &self.footer {
            let why = words::fill(self.words.why, &self.brand);
            text.push_str(&format!(
                "\n\n---\n{why}\n{}: {}\n",
                self.words.unsubscribe, footer.unsubscribe
            ));
            if let Some(postal) = &footer.postal_address {
                text.push_str(&format!("{postal}\n"));
            }
        }
        text
    }

    pub fn html(&self) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head>\n\
             <body style=\"{STYLE}\">\n<main>\n{}\n</main>\n",
            self.words.language,
            escape(&self.subject),
            html(&self.body)
        );
        if !self.so_far.is_empty() {
            page.push_str(&format!(
                "<section>\n<h2 style=\"font-size:16px\">{}</h2>\n",
                escape(self.words.so_far)
            ));
            for quote in &self.so_far {
                page.push_str(&format!(
                    "<p style=\"margin:0;{SMALL_STYLE}\">{}, {}:</p>\n\
                     <blockquote style=\"{QUOTE_STYLE}\">{}</blockquote>\n",
                    escape(&quote.who),
                    escape(&quote.when),
                    html(&quote.text)
                ));
            }
            page.push_str("</section>\n");
        }
        if let Some(footer) = &self.footer {
            page.push_str(&self.footer_html(footer));
        }
        page.push_str("</body>\n</html>\n");
        page
    }

    fn footer_html(&self, footer: &Footer) -> String {
        let postal = footer
            .postal_address
            .as_deref()
            .map_or(String::new(), |postal| format!("<br>{}", escape(postal)));
        format!(
            "<footer style=\"{SMALL_STYLE}\"><p>{}<br><a href=\"{}\">{}</a>{postal}</p></footer>\n",
            escape(&words::fill(self.words.why, &self.brand)),
            escape(&footer.unsubscribe),
            escape(self.words.unsubscribe)
        )
    }
}

/// A text as HTML: escaped, its blank lines paragraphs, its addresses links.
pub fn html(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| {
            let lines: Vec<String> = paragraph.lines().map(line_html).collect();
            format!("<p>{}</p>", lines.join("<br>"))
        })
        .collect();
    paragraphs.join("\n")
}

fn line_html(line: &str) -> String {
    let words: Vec<String> = line
        .split(' ')
        .map(|word| {
            let address = word.trim_end_matches(['.', ',', '!', '?', ')']);
            let escaped = escape(word);
            if !address.starts_with("https://") && !address.starts_with("http://") {
                return escaped;
            }
            let (link, tail) = (escape(address), escape(&word[address.len()..]));
            format!("<a href=\"{link}\">{link}</a>{tail}")
        })
        .collect();
    words.join(" ")
}

pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_a_page_in_which_data_stays_data() {
        for (text, page) in [
            ("Hi", "<p>Hi</p>"),
            ("a\nb\n\nc", "<p>a<br>b</p>\n<p>c</p>"),
            ("<b>1 & 2</b>", "<p>&lt;b&gt;1 &amp; 2&lt;/b&gt;</p>"),
            (
                "See https://x.example/?a=1&b=2.",
                "<p>See <a href=\"https://x.example/?a=1&amp;b=2\">\
                 https://x.example/?a=1&amp;b=2</a>.</p>",
            ),
        ] {
            assert_eq!(html(text), page, "{text:?}");
        }
    }

    #[test]
    fn a_letter_quotes_what_was_said_so_far_and_says_how_to_stop_it() {
        let page = Page {
            words: words::of("es-MX"),
            brand: "A & B".into(),
            subject: "Su cita <hoy>".into(),
            body: "Hola Ada\n\nVea https://x.example/l/1".into(),
            so_far: vec![Quote {
                who: "Usted".into(),
                when: "lun 23 nov, 10:05".into(),
                text: "<script>alert(1)</script>\nsí".into(),
            }],
            footer: Some(Footer {
                unsubscribe: "https://x.example/u/abc".into(),
                postal_address: Some("1 Main St, Springfield".into()),
            }),
        };
        insta::assert_snapshot!("page", format!("{}\n=====\n{}", page.text(), page.html()));
    }
}
