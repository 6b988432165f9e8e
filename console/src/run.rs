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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OutputFlags;

    /// Builds bundles.
    #[derive(Debug, Parser)]
    #[command(name = "bottari-builder", version = "0.1.0", term_width = 90)]
    struct Line {
        #[command(flatten)]
        output: OutputFlags,
        #[command(subcommand)]
        verb: Verb,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Verb {
        /// Check a lockfile.
        Check {
            /// The lockfile.
            lock: String,
        },
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn refusal(line: &str) -> clap::Error {
        parse_from::<Line>(words(line)).unwrap_err()
    }

    #[test]
    fn the_flags_work_before_and_after_the_verb() {
        for line in ["b --json --quiet check x", "b check x --json -q", "b check --json x -q"] {
            let parsed: Line = parse_from(words(line)).unwrap();
            assert!(parsed.output.json && parsed.output.quiet, "{line}");
            let Verb::Check { lock } = parsed.verb;
            assert_eq!(lock, "x");
        }
    }

    #[test]
    fn help_and_version_are_no_errors_and_mistakes_are() {
        assert_eq!(exit_code(&refusal("b --help")), ExitCode::Done);
        assert_eq!(exit_code(&refusal("b --version")), ExitCode::Done);
        assert_eq!(exit_code(&refusal("b chekc x")), ExitCode::Usage);
        assert_eq!(exit_code(&refusal("b")), ExitCode::Usage);
    }

    #[test]
    fn help_shows_the_flags_and_ends_with_the_exit_codes() {
        insta::assert_snapshot!(refusal("b --help").render(), @"
        Builds bundles

        Usage: b [OPTIONS] <COMMAND>

        Commands:
          check  Check a lockfile
          help   Print this message or the help of the given subcommand(s)

        Options:
          -h, --help
                  Print help (see a summary with '-h')

          -V, --version
                  Print version

        Output:
              --json
                  Print results as JSON on stdout and events as JSON lines on stderr

          -q, --quiet
                  Say nothing but warnings and errors

              --color <WHEN>
                  When to use colour; `auto` asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
                  
                  [default: auto]
                  [possible values: auto, always, never]

        Exit codes:
            0  done (also with acknowledged warnings)
            1  our bug: please report it
            2  the command line is wrong
           10  done, with warnings nobody acknowledged
           20  an input file is wrong
           30  a source is missing, unreachable or has changed
           40  the bundle is not trusted, damaged or rolled back
           50  a host is not ready
           60  a step failed: run again to resume
          130  interrupted: run again to resume
        ");
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_meant() {
        insta::assert_snapshot!(refusal("b chekc x").render(), @"
        error: unrecognized subcommand 'chekc'

          tip: a similar subcommand exists: 'check'

        Usage: b [OPTIONS] <COMMAND>

        For more information, try '--help'.
        ");
    }

    #[test]
    fn errors_about_the_command_line_respect_the_colour_flag() {
        assert_eq!(requested_color(&words("b chekc --color never")), ColorChoice::Never);
        assert_eq!(requested_color(&words("b --color=always chekc")), ColorChoice::Always);
        assert_eq!(requested_color(&words("b --color")), ColorChoice::Auto);
    }

    #[test]
    fn the_process_ends_with_the_number_of_the_code() {
        let ends_alike = |code: ExitCode, number: u8| {
            format!("{:?}", quit(code)) == format!("{:?}", std::process::ExitCode::from(number))
        };
        assert!(ends_alike(ExitCode::Untrusted, 40));
        assert!(!ends_alike(ExitCode::Untrusted, 41));
    }
}
