//! The benchmark command: our programs, the tools in use and the limits of the
//! machine on one realistic workload, in one run. Prints ratios and whether each
//! goal is met.

mod bundle;
mod http;
mod jobs;
mod large;
mod measure;
mod packages;
mod parallel;
mod problem;
mod programs;
mod report;
mod serve;
mod servers;
mod stand;
mod tools;
mod workload;

use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use workload::Scale;

/// Measures our programs against the limits of this machine and the tools in use.
#[derive(Debug, Parser)]
#[command(name = "bottari-benches")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create, create again, verify, serve: time, memory, bytes written and fetched
    Bundle(Options),
    /// One blob beside nginx, 64 clients beside docker-registry
    Serve(Options),
    /// Memory on a bundle of 20 GB, inside a cgroup with a limit
    Large(large::Options),
    /// Lock of OS packages from the archive of this machine's apt, and solving them
    Packages(packages::Options),
}

/// How to measure.
#[derive(Debug, Args)]
struct Options {
    /// Folder for the workload, which is kept, and for everything else; needs 12 GB
    #[arg(long, value_name = "DIR", env = "BOTTARI_BENCH_DIR", default_value = "target/bench")]
    work: PathBuf,
    /// How often everything is measured; the fastest of each counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// A fiftieth of the workload, to see that everything works; its ratios say little
    #[arg(long)]
    small: bool,
    /// Write everything that was measured into this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Options {
    fn scale(&self) -> Scale {
        if self.small { Scale::Small } else { Scale::Full }
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Bundle(options) => bundle::run(&options),
        Verb::Serve(options) => serve::run(&options),
        Verb::Large(options) => large::run(&options),
        Verb::Packages(options) => packages::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a terminal there is nobody to tell.
            let _said = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("error: {error}\n").as_bytes(),
            );
            ExitCode::FAILURE
        }
    }
}
