//! `replytree when`: may a message leave to this number now, by which rule, else from when?

use std::io::{self, BufRead, Write};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::lines::{self, Format};
use crate::lead::PhoneNumber;
use crate::policy::quiet_hours::ruling;
use crate::policy::zones::{self, Place};
use crate::policy::{LeadFacts, MessageKind, Outgoing, Purpose, Rules, Ruling, Standing, postcode};
use crate::time::{Timestamp, Zone};

/// Region, candidate zones, whether a message may leave now, by which rule, else from when.
#[derive(Debug, Args)]
pub struct WhenArgs {
    /// A number, such as +13055550100; without one, each line of standard input is a number, with
    /// a time after it if it likes.
    pub phone: Option<String>,
    /// The moment to judge, such as 2026-11-23T09:00:00-05:00 [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_enum, default_value = "marketing")]
    pub kind: Kind,
    /// The zone the lead told, such as America/Chicago; outranks what the number suggests.
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The postcode the lead told, such as 79901 or M5V 3L9; outranks the area code.
    #[arg(long, value_name = "CODE")]
    pub postcode: Option<String>,
    /// How to answer [default: human on a terminal, else json].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Marketing,
    Transactional,
}

/// What the workspace and the clock bring.
#[derive(Debug)]
pub struct When<'a> {
    pub rules: &'a Rules,
    /// For a number of which nothing is known.
    pub time_zone: &'a Zone,
    /// The country in which numbers without one are read, such as `US`.
    pub region: &'a str,
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Answer {
    phone: String,
    region: Option<String>,
    zones: Vec<String>,
    open: bool,
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_at: Option<String>,
}

#[derive(Serialize)]
struct Unread<'a> {
    phone: &'a str,
    error: String,
}

/// Answers on `out`, in `default` form unless the arguments say otherwise. The exit code: 1 when a
/// line was no number, 2 when an argument was not what it should be.
pub fn run(
    args: &WhenArgs,
    when: &When,
    default: Format,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let format = args.format.unwrap_or(default);
    let asked = match Asked::read(args, when) {
        Ok(asked) => asked,
        Err(error) => {
            unread("", error, format, out)?;
            return Ok(2);
        }
    };
    let phones: &[String] = args.phone.as_slice();
    let mut code = 0;
    lines::each(phones, input, |line| match asked.line(line) {
        Ok((phone, at)) => show(&asked, phone, at, format, out),
        Err(error) => {
            code = if args.phone.is_some() { 2 } else { 1 };
            unread(line, error, format, out)
        }
    })?;
    out.flush()?;
    Ok(code)
}

/// The arguments, read.
struct Asked<'a> {
    when: &'a When<'a>,
    at: Timestamp,
    kind: MessageKind,
    told: Option<Zone>,
    home: Option<&'static Place>,
}

impl<'a> Asked<'a> {
    fn read(args: &WhenArgs, when: &'a When<'a>) -> Result<Self, String> {
        let at = args.at.as_deref().map(str::parse).transpose();
        let told = args.zone.as_deref().map(str::parse).transpose();
        Ok(Self {
            when,
            at: at
                .map_err(|e: crate::time::TimeError| e.to_string())?
                .unwrap_or(when.now),
            kind: match args.kind {
                Kind::Marketing => MessageKind::Marketing,
                Kind::Transactional => MessageKind::Transactional,
            },
            told: told.map_err(|e: crate::time::TimeError| e.to_string())?,
            home: args.postcode.as_deref().map(home).transpose()?,
        })
    }

    /// A number as people write it, and perhaps a moment after it.
    fn line(&self, line: &str) -> Result<(PhoneNumber, Timestamp), String> {
        let (phone, at) = match line.trim().rsplit_once(char::is_whitespace) {
            Some((phone, at)) if at.contains('T') => (
                phone,
                at.parse()
                    .map_err(|e: crate::time::TimeError| e.to_string())?,
            ),
            _ => (line, self.at),
        };
        let phone = PhoneNumber::parse_loose(phone, self.when.region);
        Ok((phone.map_err(|e| e.to_string())?, at))
    }

    fn judge(&self, phone: PhoneNumber, at: Timestamp) -> (&'static Place, Vec<Zone>, Ruling) {
        let zones = zones::of_lead(self.told.as_ref(), self.home, phone, self.when.time_zone);
        let out = Outgoing {
            kind: self.kind,
            purpose: Purpose::Flow,
            window: None,
        };
        let lead = LeadFacts {
            phone,
            standing: &Standing::default(),
            zones: &zones,
            sends: &[],
            last_inbound: None,
            replies: &[],
            chosen: None,
            home: self.home,
        };
        let ruling = ruling(&out, &lead, self.when.rules, at);
        let place = self.home.unwrap_or_else(|| zones::place(phone));
        (place, zones.into_owned(), ruling)
    }
}

fn home(code: &str) -> Result<&'static Place, String> {
    postcode::place(code).ok_or_else(|| {
        format!("`{code}` is no postcode known here; write a ZIP code such as 79901, or M5V 3L9")
    })
}

fn show(
    asked: &Asked,
    phone: PhoneNumber,
    at: Timestamp,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (place, zones, ruling) = asked.judge(phone, at);
    let answer = Answer {
        phone: phone.to_string(),
        region: place.region.map(|region| region.to_string()),
        zones: zones.iter().map(|zone| zone.name().to_string()).collect(),
        open: ruling.open,
        rule: ruling.rule.name(),
        opens_at: ruling.opens_at.map(|at| at.to_string()),
        closes_at: ruling.closes_at.map(|at| at.to_string()),
    };
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &answer)?;
            out.write_all(b"\n")
        }
        Format::Human => explain(&answer, &zones, &ruling, out),
    }
}

/// Two lines: the answer on the lead's clock, and the rule with its source.
fn explain(
    answer: &Answer,
    zones: &[Zone],
    ruling: &Ruling,
    out: &mut dyn Write,
) -> io::Result<()> {
    let wall = |at: Timestamp| {
        let zone = zones.first().cloned().unwrap_or_else(Zone::utc);
        at.in_zone(&zone).strftime("%a %-d %b %H:%M %Z").to_string()
    };
    let verdict = match (ruling.open, ruling.opens_at, ruling.closes_at) {
        (true, _, Some(closes)) => format!("open until {}", wall(closes)),
        (true, _, None) => "open at any hour".to_string(),
        (false, Some(opens), _) => format!("closed until {}", wall(opens)),
        (false, None, _) => "closed: its zones are never open together".to_string(),
    };
    let region = answer.region.as_deref().unwrap_or("no region");
    writeln!(
        out,
        "{}  {region}  {}",
        answer.phone,
        answer.zones.join(", ")
    )?;
    writeln!(
        out,
        "  {verdict}\n  by {}: {}",
        answer.rule,
        ruling.rule.source()
    )
}

fn unread(line: &str, error: String, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &Unread { phone: line, error })?;
            out.write_all(b"\n")
        }
        Format::Human => writeln!(out, "error: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(args: WhenArgs, input: &str) -> (u8, String) {
        let when = When {
            rules: &Rules::default(),
            time_zone: &"America/Chicago".parse().unwrap(),
            region: "US",
            now: "2026-11-25T01:30:00Z".parse().unwrap(),
        };
        let mut out = Vec::new();
        let code = run(&args, &when, Format::Json, &mut input.as_bytes(), &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    fn ask(phone: Option<&str>, zone: Option<&str>) -> WhenArgs {
        WhenArgs {
            phone: phone.map(Into::into),
            at: None,
            kind: Kind::Marketing,
            zone: zone.map(Into::into),
            postcode: None,
            format: None,
        }
    }

    #[test]
    fn the_answer_names_region_zones_rule_and_moment() {
        let florida = r#"{"phone":"+13055550100","region":"US-FL","zones":["America/New_York"],"#;
        let closed = r#""open":false,"rule":"US-FL","opens_at":"2026-11-25T13:00:00Z"}"#;
        assert_eq!(
            answer(ask(Some("+13055550100"), None), ""),
            (0, format!("{florida}{closed}\n"))
        );
        let told = r#"{"phone":"+13055550100","region":"US-FL","zones":["Pacific/Honolulu"],"#;
        let open = r#""open":true,"rule":"US-FL","closes_at":"2026-11-25T06:00:00Z"}"#;
        assert_eq!(
            answer(ask(Some("+13055550100"), Some("Pacific/Honolulu")), ""),
            (0, format!("{told}{open}\n"))
        );
    }

    #[test]
    fn a_postcode_outranks_the_area_code_and_a_zone_both() {
        let at = |postcode: &str, zone| {
            let args = WhenArgs {
                postcode: Some(postcode.into()),
                ..ask(Some("+13055550100"), zone)
            };
            answer(args, "")
        };
        let (code, el_paso) = at("79901", None);
        let expected = r#""region":"US-TX","zones":["America/Denver"],"open":true,"#;
        assert!(code == 0 && el_paso.contains(expected), "{el_paso}");
        let (_, gulf) = at("32456", None);
        let both = r#""zones":["America/Chicago","America/New_York"],"open":false,"#;
        assert!(gulf.contains(both), "{gulf}");
        let (_, told) = at("79901", Some("Pacific/Honolulu"));
        assert!(told.contains(r#""zones":["Pacific/Honolulu"]"#), "{told}");
        let (code, unknown) = at("Chicago", None);
        assert!(
            code == 2 && unknown.contains("is no postcode known here"),
            "{unknown}"
        );
    }

    #[test]
    fn five_thousand_numbers_are_answered_within_a_second() {
        let numbers: Vec<String> = (0..5_000)
            .map(|n: u64| format!("+1{}5550{:03}", 201 + n % 780, n % 1_000))
            .collect();
        let began = std::time::Instant::now();
        let (code, out) = answer(ask(None, None), &numbers.join("\n"));
        assert_eq!((code, out.lines().count()), (0, 5_000));
        // A debug build on a busy machine: the release build takes a twentieth.
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    #[test]
    fn transactional_messages_leave_at_any_hour() {
        let args = WhenArgs {
            kind: Kind::Transactional,
            ..ask(Some("(305) 555-0100"), None)
        };
        let (code, line) = answer(args, "");
        assert_eq!(code, 0);
        assert!(
            line.ends_with("\"open\":true,\"rule\":\"transactional\"}\n"),
            "{line}"
        );
    }

    #[test]
    fn lines_are_answered_in_order_and_what_is_no_number_says_so() {
        let input = "+13055550100 2026-11-24T17:00:00Z\nhello\n+447911123456\n";
        let (code, out) = answer(ask(None, None), input);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!((code, lines.len()), (1, 3));
        assert!(lines[0].contains("\"open\":true"), "{out}");
        assert!(
            lines[1].contains("\"error\":\"`hello` is not a phone number"),
            "{out}"
        );
        assert!(lines[2].contains("\"region\":\"GB\""), "{out}");
        assert_eq!(answer(ask(Some("hello"), None), "").0, 2);
        assert_eq!(
            answer(ask(Some("+13055550100"), Some("Mars/Base")), "").0,
            2
        );
    }
}
