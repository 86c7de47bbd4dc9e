//! The command line: one file a command. Here is what they share: the options, the exit codes.

#[macro_use]
mod output;
mod alone;
mod backup;
mod chat;
mod check;
mod chosen;
mod consent;
mod database;
mod erase;
mod engine;
mod enroll;
mod explain;
mod export;
mod graph;
mod hook;
mod import;
mod init;
mod key;
mod lines;
mod listing;
mod load;
mod parts;
mod prune;
mod register;
mod retention;
mod replies;
mod resume;
mod report;
mod schema;
mod serve;
mod test;
mod trail;
mod understand;
mod user;
mod when;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::runtime::{Clock, WallClock};

/// Decision-tree conversations over SMS: write flows in YAML, prove them, test them, serve them.
#[derive(Debug, Parser)]
#[command(name = "replytree", version, about, propagate_version = true)]
pub struct Cli {
    /// The folder with workspace.yaml and the flows [default: flows if it is there, else .]
    #[arg(
        long,
        global = true,
        help_heading = "With every command",
        env = "REPLYTREE_WORKSPACE",
        value_name = "DIR"
    )]
    workspace: Option<PathBuf>,

    /// Where conversations live: sqlite:FILE; memory: is gone when the process ends
    #[arg(
        long,
        global = true,
        help_heading = "With every command",
        env = "REPLYTREE_DB",
        value_name = "URL",
        default_value = "sqlite:replytree.db"
    )]
    db: String,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a workspace from an industry playbook; it compiles and its tests pass
    Init(init::InitArgs),
    /// Compile flows and print what is wrong with them
    Check(check::CheckArgs),
    /// Explain a diagnostic's code or name
    Explain(explain::ExplainArgs),
    /// Run the flows' own tests on a virtual clock
    Test(test::TestArgs),
    /// Draw a flow's state graph
    Graph(graph::GraphArgs),
    /// Talk with a flow in the terminal
    Chat(chat::ChatArgs),
    /// What a text would mean, and by which rule
    Understand(understand::UnderstandArgs),
    /// Encoding, units and billed parts of a text, and its cheaper spelling
    Parts(parts::PartsArgs),
    /// Whether a number may be texted now, by which rule, else from when
    When(when::WhenArgs),
    /// Print the JSON Schema of flows or of workspace.yaml, for editors
    Schema(schema::SchemaArgs),
    /// Run the server: webhooks, API, console, timers, sending
    Serve(serve::ServeArgs),
    /// Add, list, disable and reset those who sign in to the console
    User(user::UserArgs),
    /// Add, list and revoke API keys
    Key(key::KeyArgs),
    /// Take in leads with their consent from a CSV file
    Import(import::ImportArgs),
    /// Start a campaign: the leads of a segment or a file enter a flow
    Enroll(enroll::EnrollArgs),
    /// Figures, the way through the steps, and experiments
    Report(report::ReportArgs),
    /// What leads wrote that nobody understood, by step, with the line that would catch it
    Replies(replies::RepliesArgs),
    /// Let a flow go on that was paused because something looked wrong
    Resume(resume::ResumeArgs),
    /// Does a pasted webhook's signature hold, if not why, and what does it mean?
    Hook(hook::HookArgs),
    /// The consent ledger: one lead's rows, its hash chain checked, an auditor's file
    Consent(consent::ConsentArgs),
    /// Erase a lead: number, name and texts are gone, the minimum proof stays
    Erase(erase::EraseArgs),
    /// Ask silent leads once more, end the consent of those who stay silent, drop reassigned numbers
    Prune(prune::PruneArgs),
    /// Blank old texts and forget inactive leads, as the server does once a day
    Retention(retention::RetentionArgs),
    /// Write a consistent copy of the database while it is in use
    Backup(backup::BackupArgs),
    /// Put a backup in the database's place; what had not left goes to review
    Restore(backup::RestoreArgs),
    /// Show what a restore holds for review, or release it
    Review(backup::ReviewArgs),
}

/// What every command may need.
pub struct Context {
    pub workspace: Option<PathBuf>,
    pub db: String,
}

/// How a command ended: 0 well; 1 the thing asked for failed; 2 wrong usage.
pub type Exit = Result<ExitCode, anyhow::Error>;

pub const FAILED: u8 = 1;

/// Reads the arguments, runs the command, and answers the process's exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let context = Context {
        workspace: cli.workspace,
        db: cli.db,
    };
    let exit = match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::run(&context, &args),
        Command::Explain(args) => explain::run(&args),
        Command::Test(args) => test::run(&context, &args),
        Command::Graph(args) => graph::run(&context, &args),
        Command::Chat(args) => chat::run(&context, &args),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Import(args) => import::run_command(&context, &args),
        Command::Enroll(args) => enroll::run(&context, &args),
        Command::Report(args) => report::run(&context, &args),
        Command::Key(args) => key::run(&context, &args),
        Command::Resume(args) => resume::run(&context, &args),
        Command::Replies(args) => replies::run(&context, &args),
        Command::User(args) => user::run(&context, &args),
        Command::Understand(args) => understand::run(&context, &args),
        Command::Parts(args) => run_parts(&args),
        Command::When(args) => run_when(&context, &args),
        Command::Hook(args) => run_hook(&context, &args),
        Command::Consent(args) => consent::run(&context, &args),
        Command::Erase(args) => erase::run(&context, &args),
        Command::Prune(args) => prune::run(&context, &args),
        Command::Retention(args) => retention::run(&context, &args),
        Command::Schema(args) => schema::run(&args),
        Command::Backup(args) => backup::run(&context, &args),
        Command::Restore(args) => backup::restore(&context, &args),
        Command::Review(args) => backup::review(&context, &args),
    };
    output::settle(exit)
}

fn run_parts(args: &parts::PartsArgs) -> Exit {
    let (mut input, mut out) = (std::io::stdin().lock(), stdout());
    let code = parts::run(args, output::by_terminal(), &mut input, &mut out)?;
    out.flush()?;
    Ok(ExitCode::from(code))
}

fn run_when(context: &Context, args: &when::WhenArgs) -> Exit {
    let workspace = load::load(context, &[])?.workspace;
    let when = when::When {
        rules: &workspace.rules,
        time_zone: &workspace.time_zone,
        region: &workspace.region,
        now: WallClock.now(),
    };
    let (mut input, mut out) = (std::io::stdin().lock(), stdout());
    let code = when::run(args, &when, output::by_terminal(), &mut input, &mut out)?;
    out.flush()?;
    Ok(ExitCode::from(code))
}

fn run_hook(context: &Context, args: &hook::HookArgs) -> Exit {
    let workspace = load::load(context, &[])?.workspace;
    let hook = hook::Hook {
        channels: &workspace.channels,
        public_url: workspace.public_url.as_deref(),
        now: WallClock.now(),
    };
    let (mut input, mut out) = (std::io::stdin().lock(), stdout());
    let code = hook::run(args, &hook, output::by_terminal(), &mut input, &mut out)?;
    out.flush()?;
    Ok(ExitCode::from(code))
}

/// Buffered, for commands that answer thousands of lines.
fn stdout() -> std::io::BufWriter<output::Stdout> {
    std::io::BufWriter::new(output::stdout())
}
