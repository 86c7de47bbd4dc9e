//! The auditor's file: every row of the ledger, and the ends of its chains, by which a later look can
//! tell whether anything was cut off. As CSV for spreadsheets, or as JSON, one object a line.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::policy::ledger::Head;
use crate::store::{Audit, Store};
use crate::web::api::{proof, shapes};

const PAGE: usize = 1_000;

/// The columns after `record`, `bucket`, `n` and `hash`, which the ends of chains have too.
const COLUMNS: [&str; 23] = [
    "key",
    "phone",
    "name",
    "change",
    "kind",
    "at",
    "method",
    "source",
    "wording",
    "wording_id",
    "wording_version",
    "locale",
    "ip",
    "user_agent",
    "url",
    "rule",
    "own_act",
    "seller",
    "program",
    "channel",
    "purposes",
    "expires_at",
    "erased",
];

/// Writes the file, which must not be there yet. A ledger that does not hold is not exported.
pub fn write(store: &dyn Store, file: &Path) -> anyhow::Result<Audit> {
    let csv = match file.extension().and_then(|end| end.to_str()) {
        Some("csv") => true,
        Some("jsonl" | "json" | "ndjson") => false,
        _ => bail!("{} should end in .csv or .jsonl", file.display()),
    };
    let audit = store.audit_ledger()?;
    if let Some(fault) = audit.faults.first() {
        bail!("the ledger does not hold ({fault}); `replytree consent verify` says more");
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // It holds numbers.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file);
    let opened = opened.with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = BufWriter::new(opened);
    if csv {
        writeln!(out, "record,bucket,n,hash,{}", COLUMNS.join(","))?;
    }
    let anchor = proof::hex(&audit.anchor());
    let about = json!({ "record": "ledger", "hash": anchor, "n": audit.rows, "bucket": null });
    line(&mut out, &about, csv)?;
    for (bucket, head) in &audit.heads {
        let hash = proof::hex(&head.hash);
        let head = json!({ "record": "head", "bucket": bucket, "n": head.n, "hash": hash });
        line(&mut out, &head, csv)?;
    }
    for (bucket, head) in &audit.heads {
        let mut after = 0;
        // What is appended while we write belongs to the next export.
        while after < head.n {
            let page = store.ledger_page(*bucket, after, PAGE)?;
            for row in page.iter().filter(|row| row.n <= head.n) {
                let mut json = shapes::ledger_row(row);
                json["record"] = json!("row");
                line(&mut out, &json, csv)?;
            }
            match page.last() {
                Some(last) => after = last.n,
                None => break,
            }
        }
    }
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(audit)
}

fn line(out: &mut impl Write, json: &Value, csv: bool) -> std::io::Result<()> {
    if !csv {
        return writeln!(out, "{json}");
    }
    let cells = ["record", "bucket", "n", "hash"].into_iter().chain(COLUMNS);
    let cells: Vec<String> = cells.map(|name| cell(&json[name])).collect();
    writeln!(out, "{}", cells.join(","))
}

/// A value as a cell. What a spreadsheet would run is kept from it by a quote mark in front; a phone
/// number is harmless.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(" ")
        }
        other => other.to_string(),
    };
    let number = text
        .strip_prefix('+')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = match runs && !number {
        true => format!("'{text}"),
        false => text,
    };
    match text.contains(['"', ',', '\n', '\r', '\'', ';']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// The ends of the chains that an export saw.
pub fn heads_of(file: &Path) -> anyhow::Result<Vec<(u8, Head)>> {
    let opened = std::fs::File::open(file);
    let opened = opened.with_context(|| format!("cannot read {}", file.display()))?;
    let mut heads = Vec::new();
    for (place, read) in BufReader::new(opened).lines().enumerate() {
        let read = read.with_context(|| format!("cannot read {}", file.display()))?;
        let head = head(&read);
        match head {
            Some(head) => heads.push(head),
            // The ends stand together, near the top; a wording may hold anything.
            None if place >= 2 || !(read.contains("ledger") || read.contains("record")) => break,
            None => {}
        }
    }
    if heads.is_empty() {
        bail!(
            "{} is not an export of the ledger, or of an empty one",
            file.display()
        );
    }
    Ok(heads)
}

fn head(line: &str) -> Option<(u8, Head)> {
    let (bucket, n, hash) = match serde_json::from_str::<Value>(line) {
        Ok(json) if json["record"] == "head" => (
            json["bucket"].as_u64()?,
            json["n"].as_u64()?,
            json["hash"].as_str()?.to_string(),
        ),
        Ok(_) => return None,
        Err(_) => {
            let mut cells = line.strip_prefix("head,")?.split(',');
            let bucket = cells.next()?.parse().ok()?;
            let n = cells.next()?.parse().ok()?;
            (bucket, n, cells.next()?.to_string())
        }
    };
    let mut bytes = [0; 32];
    if hash.len() != 64 || !hash.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hash[2 * i..2 * i + 2], 16).ok()?;
    }
    Some((u8::try_from(bucket).ok()?, Head { n, hash: bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_runs_in_a_spreadsheet() {
        for (given, cell_is) in [
            (
                json!("=HYPERLINK(\"http://x\")"),
                "\"'=HYPERLINK(\"\"http://x\"\")\"",
            ),
            (json!("@SUM(A1)"), "\"'@SUM(A1)\""),
            (json!("-2+3"), "\"'-2+3\""),
            (json!("+1-2"), "\"'+1-2\""),
            (json!("\tx"), "\"'\tx\""),
            (json!("+13125550142"), "+13125550142"),
            (json!("plain"), "plain"),
            (json!("a, b"), "\"a, b\""),
            (json!(null), ""),
            (json!(7), "7"),
            (json!(["marketing", "appointment"]), "marketing appointment"),
        ] {
            assert_eq!(cell(&given), cell_is, "{given}");
        }
    }

    #[test]
    fn the_ends_of_chains_are_read_again_from_either_form() {
        let hash = "ab".repeat(32);
        let expected = Some((
            7,
            Head {
                n: 3,
                hash: [0xab; 32],
            },
        ));
        let json = json!({ "record": "head", "bucket": 7, "n": 3, "hash": hash });
        assert_eq!(head(&json.to_string()), expected);
        assert_eq!(head(&format!("head,7,3,{hash},,,")), expected);
        assert_eq!(head("row,7,3,ab"), None);
    }
}
