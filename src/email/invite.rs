//! The invitation to a booked slot: one event of iCalendar (RFC 5545), in UTC.

use crate::time::Timestamp;

pub struct Event<'a> {
    /// The same for the same booking, so that a calendar that gets it twice has it once.
    pub uid: &'a str,
    pub start: Timestamp,
    pub end: Timestamp,
    pub title: &'a str,
    /// `hello@northside.example`
    pub organizer: &'a str,
    pub brand: &'a str,
    pub at: Timestamp,
}

/// Octets of a line before it is folded.
const LINE_MAX: usize = 73;

pub fn calendar(event: &Event) -> String {
    let lines = [
        "BEGIN:VCALENDAR".to_string(),
        "VERSION:2.0".to_string(),
        "PRODID:-//Replytree//EN".to_string(),
        "METHOD:PUBLISH".to_string(),
        "BEGIN:VEVENT".to_string(),
        format!("UID:{}", escaped(event.uid)),
        format!("DTSTAMP:{}", utc(event.at)),
        format!("DTSTART:{}", utc(event.start)),
        format!("DTEND:{}", utc(event.end)),
        format!("SUMMARY:{}", escaped(event.title)),
        format!(
            "ORGANIZER;CN=\"{}\":mailto:{}",
            event.brand.replace(['"', '\r', '\n'], " "),
            event.organizer
        ),
        "STATUS:CONFIRMED".to_string(),
        "END:VEVENT".to_string(),
        "END:VCALENDAR".to_string(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn utc(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace("\r\n", "\\n")
        .replace(['\n', '\r'], "\\n")
}

fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            width = 1;
        }
        width += c.len_utf8();
        out.push(c);
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_one_event_whose_text_cannot_add_lines() {
        let start = Timestamp::from_ms(1_790_000_000_000);
        let text = calendar(&Event {
            uid: "rt.abc@northside.example",
            start,
            end: start + crate::time::Duration::mins(30),
            title: "Northside, showroom; bring\nBEGIN:VALARM and a very long line that must be folded",
            organizer: "hello@northside.example",
            brand: "North \"side\"",
            at: start,
        });
        assert!(text.contains("DTSTART:20260921T"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
        assert!(!text.lines().any(|line| line == "BEGIN:VALARM"), "{text}");
        assert_eq!(text.matches("BEGIN:").count(), 3, "{text}");
    }
}
