//! `replytree graph`: draws a flow.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::cli::load::load;
use crate::cli::{Context, Exit};
use crate::flow::picture;

#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The flow's name
    flow: String,

    #[arg(long, value_enum, default_value = "svg")]
    format: Format,

    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Svg,
    Dot,
    Mermaid,
}

pub fn run(context: &Context, args: &GraphArgs) -> Exit {
    let loaded = load(context, &[])?;
    let flow = loaded.flow(&args.flow)?;
    let drawing = match args.format {
        Format::Svg => picture::svg(flow, &picture::Options::default()),
        Format::Dot => picture::dot(flow),
        Format::Mermaid => picture::mermaid(flow),
    };
    match &args.output {
        Some(file) => std::fs::write(file, drawing)
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => outln!("{drawing}"),
    }
    Ok(ExitCode::SUCCESS)
}
