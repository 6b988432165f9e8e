//! The frame of both programs: read the command line, end with the right number.

use clap::{ColorChoice, Command, CommandFactory, Parser};
use manifests::ExitCode;
use std::ffi::OsString;

/// The command as its user sees it, with the exit codes at the end of `--help`.
pub fn command<C: CommandFactory>() -> Command {
    C::command().after_long_help(exit_codes_help())
}

/// Reads the command line of this process.
///
/// An error is already printed when this returns; so are `--help` and
/// `--version`, which end in [`ExitCode::Done`].
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    parse_from(std::env::args_os().collect()).map_err(|error| {
        // A reader that went away (`--help | head`) is no error of ours.
        let _ = error.print();
        exit_code(&error)
    })
}

/// Ends `main` with the number that scripts rely on.
pub fn quit(code: ExitCode) -> std::process::ExitCode {
    code.number().into()
}

/// A section for `--help` that lists every exit code with its meaning.
pub fn exit_codes_help() -> String {
    let lines = ExitCode::ALL.map(|code| format!("  {:>3}  {}", code.number(), code.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

fn parse_from<C: Parser>(arguments: Vec<OsString>) -> Result<C, clap::Error> {
    let colored = command::<C>().color(requested_color(&arguments));
    let mut matches = colored.try_get_matches_from(arguments)?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command::<C>()))
}

fn exit_code(error: &clap::Error) -> ExitCode {
    if error.exit_code() == 0 { ExitCode::Done } else { ExitCode::Usage }
}

/// Errors about the command line are printed before it is understood, and yet
/// they should not ignore `--color`.
fn requested_color(arguments: &[OsString]) -> ColorChoice {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let separate = words.windows(2).find(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let joined = || words.iter().find_map(|word| word.strip_prefix("--color="));
    separate.or_else(joined).and_then(|word| word.parse().ok()).unwrap_or(ColorChoice::Auto)
}
