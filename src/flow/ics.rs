//! An appointment as iCalendar (RFC 5545), with the method of iTIP (RFC 5546): asked for by email, or taken
//! from a link. The same appointment keeps its UID for ever, and its SEQUENCE grows with each change.

use crate::time::{Timestamp, Zone};

/// What the calendar is to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Request,
    Cancel,
    /// Opened from a link: nobody is invited.
    Publish,
}

pub struct Appointment<'a> {
    pub uid: &'a str,
    pub sequence: u32,
    pub start: Timestamp,
    pub end: Timestamp,
    pub summary: &'a str,
    pub place: Option<&'a str>,
    /// As in `email.from`: `Northside <hello@northside.example>`.
    pub organizer: Option<&'a str>,
    pub attendee: Option<&'a str>,
}

/// Octets of a line before it is folded, its end aside.
const LINE_MAX: usize = 75;

pub fn text(method: Method, it: &Appointment, now: Timestamp) -> String {
    let mut out = String::with_capacity(600);
    let (method_word, status) = match method {
        Method::Request => ("REQUEST", "CONFIRMED"),
        Method::Cancel => ("CANCEL", "CANCELLED"),
        Method::Publish => ("PUBLISH", "CONFIRMED"),
    };
    let mut line = |text: String| fold(&text, &mut out);
    line("BEGIN:VCALENDAR".to_string());
    line("VERSION:2.0".to_string());
    line("PRODID:-//Replytree//Replytree//EN".to_string());
    line("CALSCALE:GREGORIAN".to_string());
    line(format!("METHOD:{method_word}"));
    line("BEGIN:VEVENT".to_string());
    line(format!("UID:{}", escape(it.uid)));
    line(format!("SEQUENCE:{}", it.sequence));
    line(format!("DTSTAMP:{}", utc(now)));
    line(format!("DTSTART:{}", utc(it.start)));
    line(format!("DTEND:{}", utc(it.end)));
    line(format!("SUMMARY:{}", escape(it.summary)));
    if let Some(place) = it.place {
        line(format!("LOCATION:{}", escape(place)));
    }
    // RFC 5546 wants an organizer where anybody is invited.
    if let (Some(organizer), Some(attendee), true) =
        (it.organizer, it.attendee, method != Method::Publish)
    {
        let (name, address) = mailbox(organizer);
        line(format!("ORGANIZER;CN={}:mailto:{address}", quoted(name)));
        line(format!(
            "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{}",
            mailbox(attendee).1
        ));
    }
    line(format!("STATUS:{status}"));
    line("TRANSP:OPAQUE".to_string());
    line("END:VEVENT".to_string());
    line("END:VCALENDAR".to_string());
    out
}

fn utc(at: Timestamp) -> String {
    at.in_zone(&Zone::utc())
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

/// Name and address of `Name <address>`; an address alone is both.
fn mailbox(text: &str) -> (&str, &str) {
    match text.split_once('<') {
        Some((name, rest)) => {
            let address = rest.trim_end().trim_end_matches('>');
            let name = name.trim().trim_matches('"');
            (if name.is_empty() { address } else { name }, address)
        }
        None => (text.trim(), text.trim()),
    }
}

/// A parameter's value: a quote cannot stand in it at all.
fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control() && *c != '"')
        .collect();
    format!("\"{plain}\"")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Appends a content line, folded so that no line is over 75 octets and no character is cut.
fn fold(line: &str, out: &mut String) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(method: Method, summary: &str) -> String {
        let it = Appointment {
            uid: "cv_1@text.example",
            sequence: 2,
            start: "2026-12-01T16:00:00Z".parse().unwrap(),
            end: "2026-12-01T16:30:00Z".parse().unwrap(),
            summary,
            place: Some("1 Main St, Chicago"),
            organizer: Some("North; side <hello@northside.example>"),
            attendee: Some("ada@example.com"),
        };
        text(method, &it, "2026-11-23T16:00:00Z".parse().unwrap())
    }

    #[test]
    fn an_invitation_is_as_calendars_read_it() {
        let got = sample(Method::Request, "Northside: a visit");
        let want = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Replytree//Replytree//EN\r\n\
            CALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:cv_1@text.example\r\n\
            SEQUENCE:2\r\nDTSTAMP:20261123T160000Z\r\nDTSTART:20261201T160000Z\r\n\
            DTEND:20261201T163000Z\r\nSUMMARY:Northside: a visit\r\n\
            LOCATION:1 Main St\\, Chicago\r\n\
            ORGANIZER;CN=\"North; side\":mailto:hello@northside.example\r\n\
            ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@ex\r\n \
            ample.com\r\nSTATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(got, want);
        let cancel = sample(Method::Cancel, "x");
        assert!(cancel.contains("METHOD:CANCEL\r\n") && cancel.contains("STATUS:CANCELLED\r\n"));
        let link = sample(Method::Publish, "x");
        assert!(link.contains("METHOD:PUBLISH") && !link.contains("ATTENDEE"));
    }

    #[test]
    fn no_line_is_over_75_octets_and_what_is_said_adds_no_line() {
        let summary = "é".repeat(90) + "\r\nATTENDEE:mailto:x@y\r\n; a, b \\ c";
        let got = sample(Method::Request, &summary);
        for line in got.split("\r\n") {
            assert!(line.len() <= 75, "{line}");
        }
        let unfolded = got.replace("\r\n ", "");
        assert_eq!(unfolded.matches("\r\nATTENDEE").count(), 1, "{unfolded}");
        assert!(unfolded.contains("\\; a\\, b \\\\ c"), "{unfolded}");
    }
}
