//! `replytree schema`: the JSON Schema that editors complete and explain flows by.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::Exit;
use crate::flow::schema;

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which file it is for
    #[arg(value_enum, default_value = "flow")]
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    Flow,
    Workspace,
}

pub fn run(args: &SchemaArgs) -> Exit {
    let schema = match args.of {
        Of::Flow => schema::flow_schema(),
        Of::Workspace => schema::workspace_schema(),
    };
    outln!("{}", serde_json::to_string_pretty(&schema)?);
    Ok(ExitCode::SUCCESS)
}
