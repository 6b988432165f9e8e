//! `resend`: a list of what is missing becomes exactly those pieces.

use super::{Ended, job, split, verify::Keys};
use bundles::{Acceptance, Bundle, ResendList, ResendOptions, SplitError, resend};
use clap::Args;
use console::{ByteSize, Console, text};
use manifests::ExitCode;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make the pieces that a list asks for. The list is what `verify --resend-list` wrote
/// where the bundle arrived; the pieces go beside the damaged bundle there.
#[derive(Debug, Args)]
pub(super) struct Resend {
    /// The list that was carried out.
    list: PathBuf,
    /// The bundle, or its volumes, as they were built here.
    bundle: PathBuf,
    /// The most bytes of a file, when the pieces do not fit on one medium.
    #[arg(long, value_name = "SIZE")]
    volume_size: Option<ByteSize>,
    /// The folder for the pieces [default: the current one]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

impl Resend {
    pub(super) fn run(self, console: &Console) -> Ended {
        let list = ResendList::read(&self.list)?;
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open(&self.bundle, acceptance)?;
        let folder = self.output.as_deref().unwrap_or(Path::new(""));
        split::make(folder)
            .map_err(|source| SplitError::Write { path: folder.to_owned(), source })?;
        let reporter = console.reporter();
        let (limit, reporter) = (self.volume_size.map(|size| size.0), reporter.as_ref());
        let sent = job::run_blocking(|stop| {
            resend(&bundle, &list, folder, ResendOptions { limit, stop, reporter })
        })?;
        tell(&sent?, &list, console);
        Ok(ExitCode::Done)
    }
}

fn tell(files: &[PathBuf], list: &ResendList, console: &Console) {
    if console.wants_json() {
        console.json(&json!({ "pieces": files, "chunks": list.count() }));
    }
    let chunks = text::count(list.count(), "chunk", "chunks");
    for path in files {
        console.success(&format!("wrote {}", path.display()));
    }
    console.note(&format!(
        "{chunks} of `{}`: put the pieces beside the damaged bundle and name both, or run `bottari-installer repair` there",
        list.release
    ));
}
