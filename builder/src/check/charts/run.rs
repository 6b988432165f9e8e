//! Running a program that nobody watches: no input, no terminal, its output into
//! files that cannot grow without end, and an end at a given time.

use super::ChartError;
use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long is waited between two looks at the program.
const PAUSE: Duration = Duration::from_millis(5);

/// How far a program may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<'a> {
    /// How long it may run.
    pub(super) time: Duration,
    /// How many bytes it may write, to its output and beside it.
    pub(super) bytes: u64,
    /// Raised when the operator has had enough.
    pub(super) stop: &'a AtomicBool,
}

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    pub(super) errors: Vec<u8>,
}

/// Runs a command to its end, with its output in files of this folder until then.
pub(super) fn run(
    command: &mut Command,
    folder: &Path,
    limits: Limits<'_>,
) -> Result<Ended, ChartError> {
    let [output, errors] = ["output", "errors"].map(|name| folder.join(name));
    command.stdin(Stdio::null()).stdout(create(&output)?).stderr(create(&errors)?);
    // Ctrl-C at a terminal is for us, who tidy up.
    command.process_group(0);
    let began = Instant::now();
    let mut child = start(command, began, limits)?;
    let watched = Watched { began, files: [&output, &errors], limits };
    let status = watched.wait(&mut child).inspect_err(|_| end(&mut child))?;
    watched.exceeded().map_or(Ok(()), Err)?;
    Ok(Ended { status, output: read(&output)?, errors: read(&errors)? })
}

fn create(path: &Path) -> Result<File, ChartError> {
    File::create(path).map_err(ChartError::io("create", path))
}

fn read(path: &Path) -> Result<Vec<u8>, ChartError> {
    fs::read(path).map_err(ChartError::io("read", path))
}

/// A process that another thread starts at this moment holds the program open for
/// writing, until it has become something else.
fn start(command: &mut Command, began: Instant, limits: Limits<'_>) -> Result<Child, ChartError> {
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == ErrorKind::ExecutableFileBusy
                    && began.elapsed() < limits.time =>
            {
                thread::sleep(PAUSE);
            }
            started => {
                let program = PathBuf::from(command.get_program());
                return started.map_err(|source| ChartError::Start { program, source });
            }
        }
    }
}

/// A program that runs.
struct Watched<'a> {
    began: Instant,
    files: [&'a Path; 2],
    limits: Limits<'a>,
}

impl Watched<'_> {
    fn wait(&self, child: &mut Child) -> Result<ExitStatus, ChartError> {
        loop {
            let ended = child.try_wait().map_err(ChartError::io("wait for", Path::new("helm")))?;
            match (ended, self.exceeded()) {
                (Some(status), _) => return Ok(status),
                (None, Some(error)) => return Err(error),
                (None, None) if self.began.elapsed() > self.limits.time => {
                    return Err(ChartError::Late { most: self.limits.time });
                }
                (None, None) => thread::sleep(PAUSE),
            }
        }
    }

    fn exceeded(&self) -> Option<ChartError> {
        let sizes = self.files.iter().map(|path| path.metadata().map_or(0, |file| file.len()));
        let most = self.limits.bytes;
        if sizes.sum::<u64>() > most {
            return Some(ChartError::Endless { most });
        }
        self.limits.stop.load(Ordering::Relaxed).then_some(ChartError::Interrupted)
    }
}

/// One that has ended by itself in this moment is fine too.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
