//! Diagnostics as SARIF 2.1.0, for code scanning. Source: OASIS sarif-v2.1.0; columns are counted in
//! Unicode code points and said so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diagnostic::json::positions;
use crate::diagnostic::{Diagnostic, Source, explain};

/// A whole SARIF log with one run.
pub fn to_sarif(diagnostics: &[Diagnostic], sources: &[Source]) -> Value {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|d| d.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "replytree",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let mut rule = json!({ "id": code });
    if let Some(text) = explain(code) {
        let title = text.lines().next().unwrap_or(code).trim_start_matches("# ");
        rule["shortDescription"] = json!({ "text": title });
        rule["help"] = json!({ "text": text, "markdown": text });
    }
    rule
}

fn result(diagnostic: &Diagnostic, sources: &[Source]) -> Value {
    let (start, end) = positions(diagnostic, sources);
    let message = match &diagnostic.help {
        Some(help) => format!("{}. {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    json!({
        "ruleId": diagnostic.code,
        "level": diagnostic.level.as_str(),
        "message": { "text": message },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": diagnostic.file },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}],
    })
}
