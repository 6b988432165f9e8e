//! A socket that ends by itself when its client has gone silent: one that says
//! nothing while it wants nothing, and one that takes nothing of what it wanted.

use super::crowd::Guest;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// How long a connection may be open without a request.
const IDLE: Duration = Duration::from_mins(1);
/// How long a client may take no byte of an answer. It can go on with `Range`.
const STALLED: Duration = Duration::from_secs(30);

/// A socket with an end.
pub(crate) struct Guarded<S> {
    socket: S,
    guest: Arc<Guest>,
    idle: Timer,
    stalled: Timer,
}

impl<S> Guarded<S> {
    pub(crate) fn new(socket: S, guest: Arc<Guest>) -> Self {
        Self { socket, guest, idle: Timer::new(IDLE), stalled: Timer::new(STALLED) }
    }
}

/// Runs while something is awaited.
struct Timer {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    runs: bool,
}

impl Timer {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, runs: false }
    }

    fn stop(&mut self) {
        self.runs = false;
    }

    /// Starts if it does not run; whether it is over.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let limit = self.limit;
        let timer = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.runs {
            timer.as_mut().reset(Instant::now() + limit);
            self.runs = true;
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S> Guarded<S> {
    /// What became of something that was written.
    fn written<T>(
        &mut self,
        done: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled.stop();
        } else if self.stalled.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if read.is_ready() || !self.guest.is_idle() {
            self.idle.stop();
        } else if self.idle.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.written(done, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.written(done, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.socket).poll_flush(cx);
        self.written(done, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.written(done, cx)
    }
}
