//! `bottari-installer`: everything is in the library.

fn main() -> std::process::ExitCode {
    installer::cli::run()
}
