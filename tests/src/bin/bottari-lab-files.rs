//! The file server of the lab: offers a folder laid out as `<host>/<path>` in the
//! place of those hosts, with ranges and validators as real ones have them.

use clap::Parser;
use journeys::{signals::Signals, upstream::Upstream};
use std::{fs, io, path::PathBuf};

/// Serves the files below FOLDER/HOST as `/files/HOST/...` on 127.0.0.1 until it is
/// told to end.
#[derive(Debug, Parser)]
#[command(name = "bottari-lab-files")]
struct Options {
    /// One folder per original host.
    folder: PathBuf,
    /// Write the port into this file once everything is ready.
    #[arg(long, value_name = "FILE")]
    port_file: PathBuf,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = runtime.block_on(async { Signals::watch() })?;
    let upstream = Upstream::start()?;
    for host in fs::read_dir(&options.folder)? {
        let host = host?;
        upstream.put_folder(&host.file_name().to_string_lossy(), &host.path())?;
    }
    // A script that waits for the file never reads half of it.
    let part = options.port_file.with_extension("part");
    fs::write(&part, upstream.address().port().to_string())?;
    fs::rename(&part, &options.port_file)?;
    let end = runtime.block_on(signals.or_closed_input());
    // The thread that reads standard input may wait for ever.
    runtime.shutdown_background();
    end
}
