//! `replytree test`: runs the tests that stand beside the flows, on a virtual clock.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::load::{Loaded, is_among, load};
use crate::cli::output::{self, colour};
use crate::cli::{Context, Exit, FAILED, chosen};
use crate::diagnostic::{self, Level};
use crate::sim::flow_test::{self, FlowResult, TestResult};

#[derive(Debug, Args)]
pub struct TestArgs {
    /// Files, folders or names of flows to test [default: the whole workspace]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Junit,
}

pub fn run(context: &Context, args: &TestArgs) -> Exit {
    let paths = chosen::paths(context, &args.paths)?;
    let loaded = load(context, &paths)?;
    let results: Vec<FlowResult> = loaded
        .flows
        .iter()
        .filter(|flow| is_among(&flow.file, &paths))
        .map(|flow| flow_test::run(&loaded.workspace, &loaded.flows, flow))
        .collect();
    let broken = broken(&loaded, &paths);
    let failed = results
        .iter()
        .flat_map(|r| &r.tests)
        .filter(|t| t.failure.is_some())
        .count();
    match args.format {
        Format::Json => output::json(&to_json(&results)),
        Format::Junit => outln!("{}", to_junit(&results)),
        Format::Human => {
            print_broken(&loaded, &paths);
            print_human(&results);
        }
    }
    Ok(if failed > 0 || broken > 0 {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

/// Errors that keep flows from being tested at all.
fn broken(loaded: &Loaded, paths: &[PathBuf]) -> usize {
    let errors = loaded
        .diagnostics
        .iter()
        .filter(|d| d.level == Level::Error);
    errors.filter(|d| is_among(&d.file, paths)).count()
}

fn print_broken(loaded: &Loaded, paths: &[PathBuf]) {
    let errors = loaded
        .diagnostics
        .iter()
        .filter(|d| d.level == Level::Error);
    let mine: Vec<_> = errors
        .filter(|d| is_among(&d.file, paths))
        .cloned()
        .collect();
    out!("{}", diagnostic::render(&mine, &loaded.sources, colour()));
}

fn counts(results: &[FlowResult]) -> (usize, usize) {
    let tests = || results.iter().flat_map(|result| &result.tests);
    let failed = tests().filter(|test| test.failure.is_some()).count();
    (tests().count() - failed, failed)
}

fn print_human(results: &[FlowResult]) {
    for result in results {
        let of = format!("{}/{} edges", result.covered.len(), result.edges.len());
        outln!("{} ({}), {of}", result.flow, result.file);
        for test in &result.tests {
            match &test.failure {
                None => outln!("  \u{1b}[32mok\u{1b}[0m    {}", test.name),
                Some(failure) => {
                    outln!("  \u{1b}[31mFAIL\u{1b}[0m  {}", test.name);
                    outln!("        {}:{}", result.file, failure.line);
                    outln!("        expected  {}", failure.expected);
                    outln!("        got       {}", failure.got);
                    print_transcript(test);
                }
            }
        }
        let uncovered: Vec<String> = result.uncovered().map(ToString::to_string).collect();
        if !uncovered.is_empty() {
            outln!("  no test takes: {}", uncovered.join(", "));
        }
    }
    let (passed, failed) = counts(results);
    outln!("\n{passed} passed, {failed} failed");
}

fn print_transcript(test: &TestResult) {
    outln!("        what was said:");
    for line in &test.transcript {
        outln!("          {}", line.replace('\n', "\n            "));
    }
}

fn to_json(results: &[FlowResult]) -> serde_json::Value {
    let test = |test: &TestResult| {
        let mut json = json!({ "name": test.name, "ok": test.failure.is_none() });
        if let Some(failure) = &test.failure {
            json["failure"] = json!({
                "line": failure.line, "expected": failure.expected, "got": failure.got,
                "transcript": test.transcript,
            });
        }
        json
    };
    let flows: Vec<serde_json::Value> = results
        .iter()
        .map(|result| {
            json!({
                "flow": result.flow.as_str(),
                "file": result.file,
                "tests": result.tests.iter().map(test).collect::<Vec<_>>(),
                "edges": result.edges.len(),
                "edges_covered": result.covered.len(),
                "uncovered": result.uncovered().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    let (passed, failed) = counts(results);
    json!({ "flows": flows, "passed": passed, "failed": failed })
}

/// The JUnit XML that CI servers read.
fn to_junit(results: &[FlowResult]) -> String {
    let (passed, failed) = counts(results);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{failed}\">\n",
        passed + failed
    );
    for result in results {
        let failures = result
            .tests
            .iter()
            .filter(|test| test.failure.is_some())
            .count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escape(&result.flow),
            result.tests.len()
        );
        for test in &result.tests {
            let name = escape(&test.name);
            let class = escape(&result.flow);
            match &test.failure {
                None => {
                    let _ = writeln!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"/>");
                }
                Some(failure) => {
                    let message = escape(&format!(
                        "expected {}, got {}",
                        failure.expected, failure.got
                    ));
                    let place = escape(&format!("{}:{}", result.file, failure.line));
                    let transcript = escape(&test.transcript.join("\n"));
                    let _ = writeln!(
                        xml,
                        "    <testcase classname=\"{class}\" name=\"{name}\">\n      \
                         <failure message=\"{message}\">{place}\n{transcript}</failure>\n    </testcase>"
                    );
                }
            }
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>");
    xml
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                c if c.is_control() && c != '\n' => out.push(' '),
                c => out.push(c),
            }
            out
        })
}
