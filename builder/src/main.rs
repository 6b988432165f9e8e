//! `bottari-builder`: see the library for what it does.

fn main() -> std::process::ExitCode {
    console::allow_open_files();
    let code = match console::parse::<builder::cli::CommandLine>() {
        Ok(line) => line.run(),
        Err(code) => code,
    };
    console::quit(code)
}
