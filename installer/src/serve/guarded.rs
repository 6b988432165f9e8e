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
        Self::within(socket, guest, IDLE, STALLED)
    }

    fn within(socket: S, guest: Arc<Guest>, idle: Duration, stalled: Duration) -> Self {
        Self { socket, guest, idle: Timer::new(idle), stalled: Timer::new(stalled) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::crowd::{Crowd, Limits, Place};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        runtime::Builder,
        time::timeout,
    };

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(30);
    const NEVER: Duration = Duration::from_hours(1);

    /// A guarded socket, what the client holds of it, and the client's place.
    fn pair(idle: Duration, stalled: Duration) -> (Guarded<DuplexStream>, DuplexStream, Place) {
        let crowd = Arc::new(Crowd::new(Limits { connections: 1, per_client: 1 }));
        let place = crowd.admit([192, 0, 2, 1].into()).unwrap();
        let (server, client) = duplex(16);
        (Guarded::within(server, Arc::clone(&place.guest), idle, stalled), client, place)
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    #[test]
    fn a_client_that_wants_nothing_is_gone_after_a_while() {
        run(async {
            let (mut server, _client, _place) = pair(SOON, NEVER);
            let error = server.read_u8().await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn a_client_that_waits_for_its_answer_is_left_alone() {
        run(async {
            let (mut server, mut client, place) = pair(SOON, NEVER);
            let request = place.guest.request();
            timeout(SOON * 3, server.read_u8()).await.unwrap_err();
            drop(request);
            client.write_u8(7).await.unwrap();
            assert_eq!(server.read_u8().await.unwrap(), 7);
        });
    }

    #[test]
    fn a_client_that_takes_nothing_is_gone_and_a_slow_one_stays() {
        run(async {
            let (mut server, _client, _place) = pair(NEVER, SOON);
            let error = server.write_all(&[0; 17]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            let (mut server, mut client, _place) = pair(NEVER, LONG);
            let drain = async { while client.read_u8().await.is_ok() {} };
            let write = async { server.write_all(&[0; 4096]).await };
            tokio::select! {
                () = drain => panic!("the server is gone"),
                done = write => done.unwrap(),
            }
        });
    }
}
