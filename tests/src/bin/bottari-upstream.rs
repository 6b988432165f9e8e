//! The demo upstream as a program: writes the demo release and its mirrors file
//! into a folder and serves what they name, until it is told to end. The same for
//! the K-PaaS release, of which nothing but the mirrors file has to be written.

use clap::Parser;
use journeys::{fixtures, platform::Platform, signals::Signals, upstream::Upstream};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

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
    /// Serve made-up bytes for the whole K-PaaS release of this repository
    /// instead; writes `mirrors.yaml` alone.
    #[arg(long, conflicts_with = "size_mib")]
    kpaas: bool,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = runtime.block_on(async { Signals::watch() })?;
    let upstream = Upstream::start()?;
    let facts = match options.kpaas {
        true => kpaas(&options.folder, &upstream)?,
        false => demo(&options, &upstream)?,
    };
    if let Some(path) = &options.port_file {
        write_whole(path, &upstream.address().port().to_string())?;
    }
    announce(&[("address", upstream.url(""))])?;
    announce(&facts)?;
    let end = runtime.block_on(signals.or_closed_input());
    // The thread that reads standard input may wait for ever.
    runtime.shutdown_background();
    end
}

/// A line for the operator: what it is, and where.
type Fact = (&'static str, String);

fn demo(options: &Options, upstream: &Upstream) -> io::Result<Vec<Fact>> {
    let sizes = fixtures::Options { size_mib: options.size_mib, ..Default::default() };
    let demo = fixtures::demo(&options.folder, &sizes)?;
    demo.publish(upstream);
    let mirrors = demo.write_mirrors(upstream)?;
    Ok(vec![
        ("release", demo.release.display().to_string()),
        ("mirrors", mirrors.display().to_string()),
    ])
}

fn kpaas(folder: &Path, upstream: &Upstream) -> io::Result<Vec<Fact>> {
    let (platform, mirrors) = (Platform::kpaas()?, folder.join("mirrors.yaml"));
    platform.publish(upstream)?;
    fs::create_dir_all(folder)?;
    fs::write(&mirrors, platform.mirrors(upstream))?;
    let real = |path: PathBuf| fs::canonicalize(path).map(|path| path.display().to_string());
    Ok(vec![
        ("release", real(Platform::release())?),
        ("overlay", real(Platform::overlay())?),
        ("mirrors", mirrors.display().to_string()),
    ])
}

fn announce(facts: &[Fact]) -> io::Result<()> {
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
