fn main() -> std::process::ExitCode {
    replytree::cli::run()
}
