//! Whether the answers to a client still move. A socket that takes bytes says
//! nothing about one of many HTTP/2 streams: its client may open no window for it
//! and live on, and what waits for that would hold memory for ever. So an answer is
//! looked at until its last byte has left, from within the HTTP connection too.

use super::crowd::Guest;
use axum::body::Bytes;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long an answer may stand still.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The answers to one client that are under way, and when each last moved.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    numbers: AtomicU64,
    moved: Mutex<HashMap<u64, Instant>>,
}

impl Answers {
    fn moved(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one of them stands still for too long.
    pub(crate) async fn stuck(&self) {
        self.still_for(PATIENCE, LOOK).await;
    }

    async fn still_for(&self, patience: Duration, look: Duration) {
        let is_still = || self.moved().values().any(|moved| moved.elapsed() > patience);
        while !is_still() {
            sleep(look).await;
        }
    }
}

/// An answer under way, until neither its body nor a piece of it is left.
#[derive(Debug)]
pub(crate) struct Moving {
    guest: Arc<Guest>,
    number: u64,
}

impl Moving {
    pub(crate) fn new(guest: &Arc<Guest>) -> Arc<Self> {
        let number = guest.answers.numbers.fetch_add(1, Ordering::Relaxed);
        let moving = Self { guest: Arc::clone(guest), number };
        moving.moved();
        Arc::new(moving)
    }

    /// Notes that it moved just now.
    pub(crate) fn moved(&self) {
        self.guest.answers.moved().insert(self.number, Instant::now());
    }

    /// A piece of it on its way: it moves again when this has left.
    pub(crate) fn piece(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        self.moved();
        Bytes::from_owner(Piece { bytes, answer: Arc::clone(self) })
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        self.guest.answers.moved().remove(&self.number);
    }
}

/// Bytes that the HTTP connection has and the client may not have.
struct Piece {
    bytes: Bytes,
    answer: Arc<Moving>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.answer.moved();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{
        crowd::{Crowd, Limits},
        door::http,
        reply::Reply,
        visit::Visit,
    };
    use axum::{body::Body, response::Response};
    use futures_util::{StreamExt, stream};
    use hyper::{Request, body::Incoming, client::conn::http2, service::service_fn};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use std::convert::Infallible;
    use tokio::{
        io::duplex,
        runtime::Builder,
        sync::{OwnedSemaphorePermit, Semaphore},
        time::timeout,
    };

    const SHARES: usize = 8;
    const SOON: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_mins(1);

    struct Shared(Vec<u8>, #[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

    impl AsRef<[u8]> for Shared {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    /// An answer of so many pieces, each with a share.
    fn answer(shares: &Arc<Semaphore>, pieces: usize) -> Reply {
        let piece = |_| {
            let share = Arc::clone(shares).try_acquire_owned().unwrap();
            Ok::<_, Infallible>(Bytes::from_owner(Shared(vec![7; 100], share)))
        };
        let pieces: Vec<_> = (0..pieces).map(piece).collect();
        let body = if pieces.len() == 1 {
            Body::from(pieces.into_iter().next().unwrap().unwrap())
        } else {
            Body::from_stream(stream::iter(pieces))
        };
        Response::new(body)
    }

    /// A client with this window asks for an answer of so many pieces and keeps it.
    /// Gives whether it was cut off; then all shares must be free.
    async fn is_cut_off(window: u32, pieces: usize, reads: bool) -> bool {
        let crowd = Arc::new(Crowd::new(Limits { connections: 1, per_client: 1 }));
        let place = crowd.admit([192, 0, 2, 1].into()).unwrap();
        let guest = Arc::clone(&place.guest);
        let shares = Arc::new(Semaphore::new(SHARES));
        let (given, one) = (Arc::clone(&shares), Arc::clone(&guest));
        let service = service_fn(move |request: Request<Incoming>| {
            let visit = Visit::new(&one, &request.into_parts().0, &Arc::default(), None);
            let reply = visit.follow(answer(&given, pieces));
            async move { Ok::<_, Infallible>(reply) }
        });
        let (server, client) = duplex(1 << 16);
        let server = tokio::spawn(async move {
            let http = http();
            tokio::select! {
                _ = http.serve_connection(TokioIo::new(server), service) => false,
                () = guest.answers.still_for(SOON, SOON / 10) => true,
            }
        });
        let (mut asks, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(TokioIo::new(client))
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://x/").body(Body::empty()).unwrap();
        let reply = asks.send_request(request).await.unwrap();
        let mut body = Body::new(reply.into_body()).into_data_stream();
        while reads && body.next().await.is_some() {}
        let cut = match reads {
            true => timeout(SOON * 3, server).await.is_ok(),
            false => timeout(LONG, server).await.unwrap().unwrap(),
        };
        // What was cut off is given back, wherever it was.
        let all = u32::try_from(SHARES).unwrap();
        drop(timeout(LONG, shares.acquire_many(all)).await.unwrap().unwrap());
        drop(body);
        cut
    }

    #[test]
    fn a_stream_that_stands_still_gives_its_memory_back() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            // Not begun, in the middle, and with nothing left but what the connection has.
            assert!(is_cut_off(0, 3, false).await);
            assert!(is_cut_off(10, 3, false).await);
            assert!(is_cut_off(10, 1, false).await);
            assert!(!is_cut_off(10, 3, true).await);
        });
    }
}
