//! The demo upstream as a program: writes the demo release and its mirrors file
//! into a folder and serves what they name, until it is told to end.

use clap::Parser;
use journeys::{fixtures, upstream::Upstream};
use std::{fs, io, io::Write, os::unix::fs::FileTypeExt, path::PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serves a small release with real bytes on 127.0.0.1, for a first try without
/// any network.
///
/// Ends on ctrl-c, on SIGTERM, and when its standard input is a pipe that closes.
#[derive(Debug, Parser)]
#[command(name = "bottari-upstream")]
struct Options {
    /// Where to write `releases/`, `components/` and `mirrors.yaml`.
    folder: PathBuf,
    /// Write the port into this file once everything is ready.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// About how much one architecture downloads, in MiB.
    #[arg(long, value_name = "N", default_value_t = 3)]
    size_mib: usize,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = runtime.block_on(async { Signals::watch() })?;
    let sizes = fixtures::Options { size_mib: options.size_mib, ..Default::default() };
    let demo = fixtures::demo(&options.folder, &sizes)?;
    let upstream = Upstream::start()?;
    demo.publish(&upstream);
    let mirrors = demo.write_mirrors(&upstream)?;
    if let Some(path) = &options.port_file {
        write_whole(path, &upstream.address().port().to_string())?;
    }
    announce(&[
        ("address", upstream.url("")),
        ("release", demo.release.display().to_string()),
        ("mirrors", mirrors.display().to_string()),
    ])?;
    let end = runtime.block_on(signals.or_closed_input());
    // The thread that reads standard input may wait for ever.
    runtime.shutdown_background();
    end
}

fn announce(facts: &[(&str, String)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    facts.iter().try_for_each(|(name, value)| writeln!(out, "{name}: {value}"))?;
    out.flush()
}

/// A script that waits for the file never reads half of it.
fn write_whole(path: &PathBuf, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(&part, path)
}

/// What ends the program, watched from its first moment on, so that a signal during
/// the start ends it as well as a later one.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn or_closed_input(mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
            closed = closed_input() => closed,
        }
    }
}

/// Returns when standard input has closed. Only a pipe counts: a script that puts
/// this program in the background gives it `/dev/null`, which is at its end at once.
async fn closed_input() -> io::Result<()> {
    let is_pipe = fs::metadata("/dev/stdin").is_ok_and(|input| input.file_type().is_fifo());
    if !is_pipe {
        return std::future::pending().await;
    }
    let drain = || io::copy(&mut io::stdin(), &mut io::sink());
    tokio::task::spawn_blocking(drain).await??;
    Ok(())
}
