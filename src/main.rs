//! The binary: reads the arguments, runs a command, sets the exit code.

/// Every reply makes and drops a few dozen small strings, on one thread or across two.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    replytree::cli::run()
}
