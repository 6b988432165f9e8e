//! Runs one line in a channel of an SSH connection.

use super::{
    line::Line,
    preamble::{Preamble, marked},
};
use crate::transport::{
    Stream,
    output::Ears,
    wire::{Feed, Wire, WireError},
};
use async_trait::async_trait;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig, client::Msg};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// sshd allows ten sessions per connection by default.
const SESSIONS: usize = 8;
/// A hardened sshd allows fewer; then a command waits for another to end.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// A logged-in connection.
#[derive(Debug)]
pub(super) struct SshWire {
    line: Line,
    sessions: Semaphore,
}

impl SshWire {
    pub(super) fn new(line: Line) -> Self {
        Self { line, sessions: Semaphore::new(SESSIONS) }
    }

    async fn open(&self) -> Result<(ChannelReadHalf, Closer), WireError> {
        loop {
            match self.line.handle.channel_open_session().await {
                Ok(channel) => {
                    let (read, write) = channel.split();
                    return Ok((read, Closer(Arc::new(write))));
                }
                Err(russh::Error::ChannelOpenFailure(_)) if self.others_run() => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(error @ russh::Error::ChannelOpenFailure(_)) => {
                    return Err(WireError::NotStarted(error.into()));
                }
                Err(error) => return Err(lost(error)),
            }
        }
    }

    fn others_run(&self) -> bool {
        self.sessions.available_permits() + 1 < SESSIONS
    }
}

fn lost(error: russh::Error) -> WireError {
    // That our own queue is gone says nothing a person could use.
    match error {
        russh::Error::SendError | russh::Error::RecvError => WireError::Lost(None),
        error => WireError::Lost(Some(error.into())),
    }
}

/// Closes the channel whatever happens, so that the host frees the session.
struct Closer(Arc<ChannelWriteHalf<Msg>>);

impl Drop for Closer {
    fn drop(&mut self) {
        let channel = self.0.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { channel.close().await });
        }
    }
}

#[async_trait]
impl Wire for SshWire {
    async fn execute(
        &self,
        line: &str,
        feed: &mut Feed<'_>,
        ears: &mut Ears,
    ) -> Result<i32, WireError> {
        let _permit = self.sessions.acquire().await.expect("the semaphore is never closed");
        let (mut read, channel) = self.open().await?;
        channel.0.exec(true, marked(line)).await.map_err(lost)?;
        // The two directions race: the host may end while we still send, and
        // would never take the rest.
        let mut feeding = std::pin::pin!(give(&channel.0, feed));
        let (mut given, mut status, mut preamble) = (false, None, Preamble::new());
        loop {
            tokio::select! {
                message = read.wait() => match message {
                    None => break,
                    Some(message) => match hear(message, &mut preamble, ears)? {
                        Heard::Output => {}
                        Heard::Status(code) => status = Some(code),
                        Heard::Closed => break,
                    },
                },
                result = &mut feeding, if !given => {
                    given = true;
                    // The end of the channel tells more than the failed write.
                    result.ok();
                }
            }
        }
        status.ok_or(WireError::Lost(None))
    }
}

enum Heard {
    Output,
    Status(i32),
    Closed,
}

fn hear(message: ChannelMsg, preamble: &mut Preamble, ears: &mut Ears) -> Result<Heard, WireError> {
    match message {
        ChannelMsg::Data { data } => ears.hear(Stream::Stdout, &preamble.strip(&data)),
        ChannelMsg::ExtendedData { data, ext: 1 } => ears.hear(Stream::Stderr, &data),
        ChannelMsg::ExitStatus { exit_status } => {
            return Ok(Heard::Status(i32::try_from(exit_status).unwrap_or(i32::MAX)));
        }
        ChannelMsg::ExitSignal { signal_name, .. } => {
            return Ok(Heard::Status(number(&signal_name)));
        }
        ChannelMsg::Failure => {
            return Err(WireError::NotStarted("the host starts no commands for this user".into()));
        }
        ChannelMsg::Close => return Ok(Heard::Closed),
        _ => {}
    }
    Ok(Heard::Output)
}

async fn give(channel: &ChannelWriteHalf<Msg>, feed: &mut Feed<'_>) -> Result<(), russh::Error> {
    while let Some(bytes) = feed.next().await {
        channel.data_bytes(bytes).await?;
    }
    channel.eof().await
}

/// A signal as shells count it.
fn number(signal: &Sig) -> i32 {
    128 + match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::USR1 => 10,
        Sig::Custom(_) => 0,
    }
}
