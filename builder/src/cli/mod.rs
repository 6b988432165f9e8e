//! The command line: one file per verb, each thin. What a verb does is in the
//! library; here it is asked for and told.

mod build;
mod check;
mod completions;
mod earlier;
mod file;
mod inspect;
mod job;
mod key;
mod lock;
mod overlays;
mod packing;
mod profiles;
mod provenance;
mod repair;
mod report;
mod resend;
mod rules;
mod sbom;
mod sign;
mod sources;
mod split;
mod systems;
mod verify;

use clap::{Parser, Subcommand};
use console::{Console, OutputFlags};
use manifests::{ExitCode, Failure};

/// What a verb ends with.
type Ended = Result<ExitCode, Box<dyn Failure>>;

/// Builds one signed bundle out of a release: everything an air-gapped
/// Kubernetes needs, checked and complete.
#[derive(Debug, Parser)]
#[command(name = "bottari-builder", version, max_term_width = 100)]
pub struct CommandLine {
    #[command(flatten)]
    output: OutputFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Lock(lock::Lock),
    Check(check::Check),
    Build(build::Build),
    Sign(sign::Sign),
    Split(split::Split),
    Verify(verify::Verify),
    Repair(repair::Repair),
    Resend(resend::Resend),
    Inspect(inspect::Inspect),
    Sbom(sbom::Sbom),
    Report(report::Report),
    #[command(subcommand)]
    Key(key::Key),
    Completions(completions::Completions),
    Man(completions::Man),
}

impl CommandLine {
    /// Does what was asked and tells how it ended.
    pub fn run(self) -> ExitCode {
        let console = Console::new(&self.output);
        let ended = match self.verb {
            Verb::Lock(verb) => verb.run(&console),
            Verb::Check(verb) => verb.run(&console),
            Verb::Build(verb) => verb.run(&console),
            Verb::Sign(verb) => verb.run(&console),
            Verb::Split(verb) => verb.run(&console),
            Verb::Verify(verb) => verb.run(&console),
            Verb::Repair(verb) => verb.run(&console),
            Verb::Resend(verb) => verb.run(&console),
            Verb::Inspect(verb) => verb.run(&console),
            Verb::Sbom(verb) => verb.run(&console),
            Verb::Report(verb) => verb.run(&console),
            Verb::Key(verb) => verb.run(&console),
            Verb::Completions(verb) => Ok(verb.run(&console)),
            Verb::Man(verb) => verb.run(&console),
        };
        let code = ended.unwrap_or_else(|error| console.failure(error.as_ref()));
        console.finish(code)
    }
}
