//! `replytree explain CODE`: what a diagnostic finds, why it matters, and what to write instead.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Exit, FAILED};
use crate::diagnostic;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as E0204, or a warning's name
    code: String,
}

pub fn run(args: &ExplainArgs) -> Exit {
    let code = args.code.trim();
    let text = diagnostic::explain(&code.to_uppercase())
        .map(str::to_string)
        .or_else(|| crate::lint::explain(&code.to_lowercase()));
    match text {
        Some(text) => {
            anstream::println!("{}", text.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let lints = crate::lint::ALL.iter().map(|lint| lint.name());
            let known = diagnostic::CODES.iter().map(|(code, _)| *code).chain(lints);
            let near = diagnostic::nearest(code, known)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            anstream::eprintln!("error: no diagnostic is called `{code}`{near}");
            Ok(ExitCode::from(FAILED))
        }
    }
}
