//! Long jobs that an operator may interrupt: ctrl-c and SIGTERM end them
//! cleanly, with what is done kept for the next run.

use manifests::{ExitCode, Failure};
use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

/// A job that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobError {
    #[error("interrupted")]
    Interrupted,
    #[error("cannot start the job")]
    Start(#[source] io::Error),
}

impl Failure for JobError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Interrupted => ExitCode::Interrupted,
            Self::Start(_) => ExitCode::Bug,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Interrupted => {
                Some("run the same command again: what is in the cache is kept".into())
            }
            Self::Start(_) => None,
        }
    }
}

/// Runs network work until it ends or the operator does.
pub(super) fn run<T, E: Failure + 'static>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Box<dyn Failure>> {
    let runtime = Runtime::new().map_err(start)?;
    runtime.block_on(async {
        tokio::select! {
            done = work => done.map_err(Into::into),
            stopped = interrupted() => Err(stopped.map_or_else(start, |()| JobError::Interrupted.into())),
        }
    })
}

/// Runs work that blocks. It is asked to stop through the flag, so that it can
/// tidy up behind itself.
pub(super) fn run_blocking<T>(work: impl FnOnce(&AtomicBool) -> T) -> Result<T, Box<dyn Failure>> {
    let stop = Arc::new(AtomicBool::new(false));
    let runtime = Runtime::new().map_err(start)?;
    let raise = Arc::clone(&stop);
    runtime.spawn(async move {
        if interrupted().await.is_ok() {
            raise.store(true, Ordering::Relaxed);
        }
    });
    let done = work(&stop);
    runtime.shutdown_background();
    Ok(done)
}

/// How many threads to use when nobody says.
pub(super) fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

async fn interrupted() -> io::Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn start(error: io::Error) -> Box<dyn Failure> {
    JobError::Start(error).into()
}
