//! This machine as a host.

use super::{
    Session, Stream, Sudo,
    output::Ears,
    wire::{Feed, Wire, WireError},
};
use async_trait::async_trait;
use std::{io, os::unix::process::ExitStatusExt, process::Stdio};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
};

/// A session on this machine, under the name it has in the cluster file.
pub fn local(host: &str, sudo: Sudo) -> Session {
    Session::new(host, sudo, Box::new(Local))
}

#[derive(Debug)]
struct Local;

#[async_trait]
impl Wire for Local {
    async fn execute(
        &self,
        line: &str,
        feed: &mut Feed<'_>,
        ears: &mut Ears,
    ) -> Result<i32, WireError> {
        let mut child = Command::new("sh")
            .args(["-c", line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| WireError::NotStarted(error.into()))?;
        let input = child.stdin.take().expect("the input is a pipe");
        let mut stdout = child.stdout.take().expect("the output is a pipe");
        let mut stderr = child.stderr.take().expect("the errors are a pipe");
        let mut feeding = std::pin::pin!(give(input, feed));
        let (mut given, mut out_open, mut err_open) = (false, true, true);
        let (mut out, mut err) = (vec![0; 65536], vec![0; 65536]);
        while out_open || err_open {
            tokio::select! {
                () = &mut feeding, if !given => given = true,
                count = piece(&mut stdout, &mut out), if out_open => {
                    ears.hear(Stream::Stdout, &out[..count]);
                    out_open = count > 0;
                }
                count = piece(&mut stderr, &mut err), if err_open => {
                    ears.hear(Stream::Stderr, &err[..count]);
                    err_open = count > 0;
                }
            }
        }
        let status = child.wait().await.map_err(|error| WireError::Lost(Some(error.into())))?;
        Ok(status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1))
    }
}

/// Feeds until all is given or the command stops reading, which is its right.
async fn give(mut input: ChildStdin, feed: &mut Feed<'_>) {
    while let Some(bytes) = feed.next().await {
        if input.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// The next bytes of a pipe; a broken pipe is an ended one.
async fn piece(pipe: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> usize {
    let read: io::Result<usize> = pipe.read(buffer).await;
    read.unwrap_or(0)
}
