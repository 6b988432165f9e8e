//! The three jobs, one after the other, each in a group of its own.

use super::{MEMORY, Row, files, space::Scratch};
use crate::{
    http::Client,
    jobs::{READERS, Serving, serve_command},
    measure::{Account, Fence, Sample, measure, settle},
    parallel,
    problem::{Problem, Result, at, make_folder, remove_folder, write},
    programs::Programs,
    servers::FileServer,
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

const BUNDLE: &str = "large.bottari.tar.zst";
const LOCKFILE: &str = "large.lock";

/// What was measured on.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) file_bytes: u64,
    pub(super) bundle_bytes: u64,
    /// What served the files.
    pub(super) server: &'static str,
}

/// Programs, files, a server for them; the folder is removed last.
#[derive(Debug)]
struct Stand {
    programs: Programs,
    files: FileServer,
    file_bytes: u64,
    scratch: Scratch,
}

/// Makes everything, measures, and removes everything.
pub(super) fn run(work: &Path, size: u64) -> Result<(Site, Vec<Row>)> {
    let stand = Stand::set_up(work, size)?;
    stand.lock()?;
    let rows = vec![stand.build()?, stand.verify()?, stand.serve()?];
    let bundle_bytes = fs::metadata(stand.bundle()).map_err(at(&stand.bundle()))?.len();
    let (file_bytes, server) = (stand.file_bytes, stand.files.name());
    Ok((Site { file_bytes, bundle_bytes, server }, rows))
}

impl Stand {
    fn set_up(work: &Path, size: u64) -> Result<Self> {
        let work = fs::canonicalize(make_folder(work.to_owned())?)?;
        let programs = Programs::ready()?;
        let file_bytes = files::bytes(size);
        let scratch = Scratch::with_room(work.join("large"), file_bytes)?;
        let served = files::make(scratch.path().join("files"), size)?;
        let files = FileServer::start(&served, scratch.path())?;
        Ok(Self { programs, files, file_bytes, scratch })
    }

    /// A lockfile and a key. What `lock` downloads is as large as the bundle, so it
    /// goes before the bundle comes.
    fn lock(&self) -> Result<()> {
        let folder = self.scratch.path();
        write(&folder.join("mirrors.yaml"), &files::mirrors(&self.files.url()))?;
        let mut key = self.programs.builder("key", folder);
        tools::succeed(key.args(["generate", "-o", "release.key", "--no-password"]))?;
        let mut lock = self.programs.builder("lock", folder);
        lock.arg(files::release(folder)?).args(["--mirrors", "mirrors.yaml", "--quiet"]);
        tools::succeed(lock.args(["--cache", "lock-cache", "-o", LOCKFILE]))?;
        remove_folder(&folder.join("lock-cache"))
    }

    fn build(&self) -> Result<Row> {
        let mut command = self.programs.builder("build", self.scratch.path());
        command.args([LOCKFILE, "--no-cache", "--mirrors", "mirrors.yaml", "--quiet"]);
        command.args(["--key", "release.key", "-o", BUNDLE]);
        let (sample, account) = self.measure("build", command)?;
        Ok(Row::new("build --no-cache", sample, account, sample.fetched))
    }

    fn verify(&self) -> Result<Row> {
        let mut command = self.programs.installer("verify", self.scratch.path());
        command.args(["--trust", "release.pub", "--state-dir", "state", BUNDLE]);
        let (sample, account) = self.measure("verify", command)?;
        let read = fs::metadata(self.bundle()).map_err(at(&self.bundle()))?.len();
        Ok(Row::new("verify", sample, account, read))
    }

    /// Clients pull every file whole, while the pass in the background reads every
    /// byte too.
    fn serve(&self) -> Result<Row> {
        settle(0)?;
        let folder = self.scratch.path();
        let (fence, began) = (Fence::build("serve", MEMORY), Instant::now());
        let command = serve_command(&self.programs, folder, &self.bundle());
        let serving = Serving::start(&mut fenced(fence.as_ref(), command), folder)?;
        let pulled = self.pull(&serving).map_err(|error| told(fence.as_ref(), &error))?;
        serving.wait_until_intact(None)?;
        let (seconds, peak) = (began.elapsed().as_secs_f64(), serving.peak());
        // Its group can be removed only after it has ended.
        drop(serving);
        let sample = Sample { seconds, peak, ..Sample::default() };
        Ok(Row::new("serve, 8 clients", sample, account(fence.as_ref()), pulled))
    }

    /// Gives how many bytes came.
    fn pull(&self, serving: &Serving) -> Result<u64> {
        let paths: Vec<_> =
            files::names().iter().map(|name| format!("/files/large/{name}")).collect();
        let pulled = parallel::on(READERS, &paths, |_, path| {
            Client::connect(serving.address, None)?.drain(path)
        })?;
        match pulled.iter().sum() {
            all if all == self.file_bytes => Ok(all),
            all => Err(format!("{} bytes expected, {all} pulled", self.file_bytes).into()),
        }
    }

    fn measure(&self, name: &str, command: Command) -> Result<(Sample, Option<Account>)> {
        settle(0)?;
        let fence = Fence::build(name, MEMORY);
        let mut command = fenced(fence.as_ref(), command);
        let talk = self.scratch.path().join("talk");
        let sample = measure(&mut command, &talk, &[&self.files])
            .map_err(|error| told(fence.as_ref(), &error))?;
        Ok((sample, account(fence.as_ref())))
    }

    fn bundle(&self) -> PathBuf {
        self.scratch.path().join(BUNDLE)
    }
}

fn fenced(fence: Option<&Fence>, command: Command) -> Command {
    match fence {
        Some(fence) => fence.around(&command),
        None => command,
    }
}

fn account(fence: Option<&Fence>) -> Option<Account> {
    fence.map(Fence::account)
}

/// Says so when it was the limit that ended a job.
fn told(fence: Option<&Fence>, error: &Problem) -> Problem {
    let killed = account(fence).and_then(|account| account.killed).unwrap_or(0);
    let reason = if killed > 0 { "the memory limit was too little: " } else { "" };
    format!("{reason}{error}").into()
}
