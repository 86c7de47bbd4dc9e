//! `replytree parts`: how a text is encoded, and how many parts it is billed.

use std::io::{self, BufRead, Write};

use clap::Args;
use serde::Serialize;

use crate::cli::lines::{self, Format};
use crate::flow::sms_parts::{self, Parts};

/// Encoding, units and billed parts of texts, and the cheaper spelling where there is one.
#[derive(Debug, Args)]
pub struct PartsArgs {
    /// Texts to count; without any, each line of standard input is one.
    pub text: Vec<String>,
    /// How to answer [default: human on a terminal, else json].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Serialize)]
struct Answer<'a> {
    text: &'a str,
    #[serde(flatten)]
    size: Size,
    #[serde(skip_serializing_if = "Option::is_none")]
    cheaper: Option<Cheaper>,
}

#[derive(Serialize)]
struct Cheaper {
    text: String,
    #[serde(flatten)]
    size: Size,
}

#[derive(Serialize)]
struct Size {
    encoding: &'static str,
    units: usize,
    parts: usize,
}

impl From<Parts> for Size {
    fn from(parts: Parts) -> Self {
        Self {
            encoding: parts.encoding.name(),
            units: parts.units,
            parts: parts.parts,
        }
    }
}

/// Answers on `out`, in `default` form unless the arguments say otherwise; the exit code.
pub fn run(
    args: &PartsArgs,
    default: Format,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let format = args.format.unwrap_or(default);
    lines::each(&args.text, input, |text| {
        let answer = answer(text);
        match format {
            Format::Json => {
                serde_json::to_writer(&mut *out, &answer)?;
                out.write_all(b"\n")
            }
            Format::Human => show(&answer, out),
        }
    })?;
    out.flush()?;
    Ok(0)
}

fn answer(text: &str) -> Answer<'_> {
    Answer {
        text,
        size: sms_parts::count(text).into(),
        cheaper: sms_parts::cheaper(text).map(|cheaper| Cheaper {
            text: cheaper.text,
            size: cheaper.size.into(),
        }),
    }
}

/// `2 parts  UCS-2  81 units  Hi Sam, it’s …`, and under it the cheaper spelling.
fn show(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let line = |size: &Size| {
        let plural = if size.parts == 1 { " " } else { "s" };
        format!(
            "{:>2} part{plural}  {}  {:>4} units",
            size.parts, size.encoding, size.units
        )
    };
    writeln!(out, "{}  {}", line(&answer.size), answer.text)?;
    match &answer.cheaper {
        Some(cheaper) => writeln!(out, "{}  {}  (cheaper)", line(&cheaper.size), cheaper.text),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(format: Format, texts: &[&str], input: &str) -> String {
        let args = PartsArgs {
            text: texts.iter().map(ToString::to_string).collect(),
            format: None,
        };
        let mut out = Vec::new();
        assert_eq!(
            run(&args, format, &mut input.as_bytes(), &mut out).unwrap(),
            0
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_argument_or_line_gets_its_own_answer() {
        let json = |text: &str, units: usize| {
            format!(
                "{{\"text\":\"{text}\",\"encoding\":\"GSM-7\",\"units\":{units},\"parts\":1}}\n"
            )
        };
        let both = json("one", 3) + &json("two", 3);
        assert_eq!(output(Format::Json, &["one", "two"], "three\n"), both);
        assert_eq!(output(Format::Json, &[], "one\r\ntwo"), both);
        assert_eq!(output(Format::Json, &[], ""), "");
    }

    #[test]
    fn a_cheaper_spelling_is_shown_beside_the_text() {
        let text = format!("{}it’s", "a".repeat(80));
        let answer: serde_json::Value =
            serde_json::from_str(&output(Format::Json, &[&text], "")).unwrap();
        assert_eq!(answer["parts"], 2);
        assert_eq!(answer["cheaper"]["encoding"], "GSM-7");
        assert_eq!(answer["cheaper"]["parts"], 1);
        let human = output(Format::Human, &[&text], "");
        assert!(
            human.starts_with(" 2 parts  UCS-2    84 units  aaa"),
            "{human}"
        );
        assert!(
            human.contains("\n 1 part   GSM-7    84 units  aaa"),
            "{human}"
        );
    }
}
