//! The command line: what can be asked for, and one file for each verb.

mod apply;
mod arguments;
mod bases;
mod cluster;
mod confirm;
mod error;
mod facts;
mod gc;
mod import;
mod init;
mod inspect;
mod plan;
mod preflight;
mod push;
mod repair;
mod reset;
mod sbom;
mod serve;
mod shell;
mod site;
mod status;
mod this_machine;
mod trust;
mod unpack;
mod verify;

use clap::{Parser, Subcommand};
use console::{Console, OutputFlags};
use manifests::{ExitCode, Failure};

pub use cluster::ClusterFileError;
pub use confirm::ConfirmError;
pub use error::CommandError;
pub use import::ImportError;
pub use init::InitError;
pub use sbom::NoSbom;

/// Verify, look into, serve and install a bundle on the air-gapped side
#[derive(Debug, Parser)]
#[command(name = "bottari-installer", version)]
pub struct CommandLine {
    #[command(flatten)]
    output: OutputFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Verify(verify::Arguments),
    Repair(repair::Arguments),
    Inspect(inspect::Arguments),
    Sbom(sbom::Arguments),
    Unpack(unpack::Arguments),
    Serve(serve::Arguments),
    Gc(gc::Arguments),
    Push(push::Arguments),
    Trust(trust::Arguments),
    Init(init::Arguments),
    Import(import::Arguments),
    Facts(facts::Arguments),
    Preflight(preflight::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Status(status::Arguments),
    Reset(reset::Arguments),
    Completions(shell::CompletionArguments),
    Man(shell::ManArguments),
}

/// Runs the program: command line in, exit code out.
pub fn run() -> std::process::ExitCode {
    console::allow_open_files();
    let line: CommandLine = match console::parse() {
        Ok(line) => line,
        Err(code) => return console::quit(code),
    };
    let console = Console::new(&line.output);
    let code = match line.verb.run(&console) {
        Ok(code) => code,
        Err(error) => console.failure(&error as &dyn Failure),
    };
    console::quit(console.finish(code))
}

impl Verb {
    fn run(self, console: &Console) -> Result<ExitCode, CommandError> {
        let done = match self {
            Self::Import(arguments) => return arguments.run(console),
            Self::Verify(arguments) => arguments.run(console),
            Self::Repair(arguments) => arguments.run(console),
            Self::Inspect(arguments) => arguments.run(console),
            Self::Sbom(arguments) => arguments.run(console),
            Self::Unpack(arguments) => arguments.run(console),
            Self::Serve(arguments) => arguments.run(console),
            Self::Gc(arguments) => arguments.run(console),
            Self::Push(arguments) => arguments.run(console),
            Self::Trust(arguments) => arguments.run(console),
            Self::Init(arguments) => arguments.run(console),
            Self::Facts(arguments) => arguments.run(console),
            Self::Preflight(arguments) => arguments.run(console),
            Self::Plan(arguments) => arguments.run(console),
            Self::Apply(arguments) => arguments.run(console),
            Self::Status(arguments) => arguments.run(console),
            Self::Reset(arguments) => arguments.run(console),
            Self::Completions(arguments) => {
                arguments.run(console);
                Ok(())
            }
            Self::Man(arguments) => arguments.run(console),
        };
        done.map(|()| ExitCode::Done)
    }
}
