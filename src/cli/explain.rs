//! `replytree explain CODE`: what a diagnostic finds, why it matters, and what to write instead.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Exit, FAILED};
use crate::diagnostic;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as E0204, or a warning's name [default: list them all]
    code: Option<String>,
}

pub fn run(args: &ExplainArgs) -> Exit {
    let Some(code) = args.code.as_deref().map(str::trim) else {
        return Ok(list());
    };
    let text = diagnostic::explain(&code.to_uppercase())
        .map(str::to_string)
        .or_else(|| crate::lint::explain(&code.to_lowercase()));
    match text {
        Some(text) => {
            outln!("{}", text.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let lints = crate::lint::ALL.iter().map(|lint| lint.name());
            let known = diagnostic::CODES.iter().map(|(code, _)| *code).chain(lints);
            let near = diagnostic::nearest(code, known)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            errln!("error: no diagnostic is called `{code}`{near}");
            Ok(ExitCode::from(FAILED))
        }
    }
}

/// Every code and name with what it finds.
fn list() -> ExitCode {
    for (code, text) in diagnostic::CODES {
        let title = text.lines().next().unwrap_or_default();
        let title = title.trim_start_matches("# ");
        let finds = title.strip_prefix(code).unwrap_or(title);
        outln!("{code}  {}", finds.trim_start_matches([':', ' ']));
    }
    outln!();
    for lint in crate::lint::ALL {
        outln!("{}", lint.name());
    }
    ExitCode::SUCCESS
}
