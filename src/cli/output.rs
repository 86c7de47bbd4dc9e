//! How commands print: for people on a terminal, or as JSON for programs. Everything that a command
//! writes to standard output goes through here, so that whoever closes it early (`| head`) ends the
//! command without a complaint, as other tools do, and a full disk is an error.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use crate::cli::{Exit, FAILED};
use crate::diagnostic::Colour;

pub use crate::cli::lines::Format;

/// Prints a line on standard output; colours only on a terminal.
macro_rules! outln {
    () => { $crate::cli::output::print(format_args!("\n")) };
    ($($what:tt)*) => { $crate::cli::output::print_line(format_args!($($what)*)) };
}

/// Prints on standard output.
macro_rules! out {
    ($($what:tt)*) => { $crate::cli::output::print(format_args!($($what)*)) };
}

/// Prints a line on standard error.
macro_rules! errln {
    ($($what:tt)*) => { $crate::cli::output::complain(format_args!("{}\n", format_args!($($what)*))) };
}

/// Prints on standard error.
macro_rules! err {
    ($($what:tt)*) => { $crate::cli::output::complain(format_args!($($what)*)) };
}

/// Why standard output took no more, if it did not.
static BROKE: OnceLock<io::Error> = OnceLock::new();

/// Standard output for data, which remembers that it broke.
pub struct Stdout(io::StdoutLock<'static>);

pub fn stdout() -> Stdout {
    Stdout(io::stdout().lock())
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).inspect_err(remember)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().inspect_err(remember)
    }
}

fn remember(error: &io::Error) {
    if error.kind() != ErrorKind::Interrupted {
        // The first reason is the one to tell.
        let _ = BROKE.set(io::Error::new(error.kind(), error.to_string()));
    }
}

/// Whether nothing more can be shown: a command that would go on for long ends then.
pub fn is_over() -> bool {
    BROKE.get().is_some()
}

/// What cannot be written is dropped: what the command was asked to do is done all the same, and
/// `settle` says how it ended.
pub fn print(what: Arguments<'_>) {
    let _ = anstream::stdout()
        .lock()
        .write_fmt(what)
        .inspect_err(remember);
}

pub fn print_line(what: Arguments<'_>) {
    print(format_args!("{what}\n"));
}

/// There is nobody to tell where standard error is closed too.
pub fn complain(what: Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(what);
}

/// The exit code of a command that ended so, with its error said.
pub fn settle(exit: Exit) -> ExitCode {
    // What is left of a line without an end.
    let _ = stdout().flush();
    let closed = BROKE
        .get()
        .map(|error| error.kind() == ErrorKind::BrokenPipe);
    match (exit, closed) {
        (Ok(code), None | Some(true)) => code,
        (Ok(_), Some(false)) => {
            if let Some(error) = BROKE.get() {
                errln!("error: cannot write the output: {error}");
            }
            ExitCode::from(FAILED)
        }
        (Err(error), Some(true)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        (Err(error), _) => {
            errln!("error: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
    })
}

/// How diagnostics are drawn: colours only on a terminal.
pub fn colour() -> Colour {
    let wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted {
        Colour::Always
    } else {
        Colour::Never
    }
}

/// For commands whose answers people and programs read: human on a terminal, else JSON.
pub fn by_terminal() -> Format {
    if std::io::stdout().is_terminal() {
        Format::Human
    } else {
        Format::Json
    }
}

/// Prints a line of JSON.
pub fn json(value: &serde_json::Value) {
    let _ = writeln!(stdout(), "{value}");
}
