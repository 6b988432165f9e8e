//! What ends a program that only serves.

use std::{fs, io, os::unix::fs::FileTypeExt};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-c and SIGTERM, watched from the program's first moment on, so that a signal
/// during the start ends it as well as a later one.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts to watch; needs a runtime around it.
    pub fn watch() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns on a signal, or when standard input is a pipe that closes.
    pub async fn or_closed_input(mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
            closed = closed_input() => closed,
        }
    }
}

/// Only a pipe counts: a script that puts a program in the background gives it
/// `/dev/null`, which is at its end at once.
async fn closed_input() -> io::Result<()> {
    let is_pipe = fs::metadata("/dev/stdin").is_ok_and(|input| input.file_type().is_fifo());
    if !is_pipe {
        return std::future::pending().await;
    }
    let drain = || io::copy(&mut io::stdin(), &mut io::sink());
    tokio::task::spawn_blocking(drain).await??;
    Ok(())
}
