//! From a socket to answers: lets clients in within the limits, speaks HTTP/1.1 and
//! HTTP/2 with or without TLS, and tells whoever is too many to come again.

use super::{
    crowd::{Crowd, Guest, Place, Refused},
    guarded::Guarded,
    reply::{Refusal, Reply},
    site::Site,
    tls::Tls,
};
use axum::http::{HeaderValue, header};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};

/// Time for a TLS handshake, and for the headers of a request.
const GREETING: Duration = Duration::from_secs(15);
/// Largest set of request headers, in bytes.
const HEADERS: u32 = 16 * 1024;
/// Most request headers.
const HEADER_COUNT: usize = 64;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// How often a silent HTTP/2 connection is asked whether it still lives.
const PING: Duration = Duration::from_secs(20);
/// Bytes of an answer that TLS or HTTP/2 may hold for one connection.
const HELD: usize = 32 * 1024;

/// Clients at once that are told that they are too many; more are hung up on.
const REFUSALS: usize = 64;
/// Time for that.
const REFUSAL: Duration = Duration::from_secs(5);

/// What every connection passes.
#[derive(Debug)]
pub(crate) struct Door {
    tls: Option<Arc<Tls>>,
    pub(crate) site: Arc<Site>,
    crowd: Arc<Crowd>,
    refusals: Arc<Semaphore>,
}

impl Door {
    pub(crate) fn new(tls: Option<Arc<Tls>>, site: Arc<Site>, crowd: Arc<Crowd>) -> Self {
        let refusals = Arc::new(Semaphore::new(REFUSALS));
        Self { tls, site, crowd, refusals }
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves a connection in a task of its own, or says that it is too many.
    pub(crate) fn open(
        self: &Arc<Self>,
        stream: TcpStream,
        client: IpAddr,
        graceful: &GracefulShutdown,
    ) {
        // Replies are written whole; waiting to join small packets only adds delay.
        // A socket that has died meanwhile says so when it is read.
        let _ = stream.set_nodelay(true);
        let door = Arc::clone(self);
        match self.crowd.admit(client) {
            Ok(place) => {
                let watcher = graceful.watcher();
                tokio::spawn(async move { door.welcome(stream, place, watcher).await });
            }
            Err(refused) => {
                self.site.metrics.refuse();
                let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else { return };
                tokio::spawn(async move {
                    let _gone = timeout(REFUSAL, door.refuse(stream, refused)).await;
                    drop(permit);
                });
            }
        }
    }

    /// Serves one connection to its end. Clients that speak no TLS, or nothing
    /// we know, are gone without a word: there is nothing to do about them.
    async fn welcome(&self, stream: TcpStream, place: Place, watcher: Watcher) {
        let guest = Arc::clone(&place.guest);
        tokio::select! {
            () = self.meet(stream, &guest, watcher) => {}
            () = guest.left() => {}
            () = guest.answers.stuck() => {}
        }
    }

    async fn meet(&self, stream: TcpStream, guest: &Arc<Guest>, watcher: Watcher) {
        match &self.tls {
            None => self.serve(stream, guest, watcher).await,
            Some(tls) => {
                if let Ok(Ok(mut stream)) = timeout(GREETING, tls.acceptor().accept(stream)).await {
                    stream.get_mut().1.set_buffer_limit(Some(HELD));
                    self.serve(stream, guest, watcher).await;
                }
            }
        }
    }

    async fn serve<S>(&self, stream: S, guest: &Arc<Guest>, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (site, one) = (Arc::clone(&self.site), Arc::clone(guest));
        let service = service_fn(move |request: Request<Incoming>| {
            let (site, guest) = (Arc::clone(&site), Arc::clone(&one));
            async move { Ok::<_, Infallible>(site.answer(&guest, request).await) }
        });
        let http = http();
        let stream = TokioIo::new(Guarded::new(stream, Arc::clone(guest)));
        // A client that goes away in the middle is its own affair.
        let _ = watcher.watch(http.serve_connection(stream, service)).await;
    }

    async fn refuse(&self, stream: TcpStream, refused: Refused) {
        match &self.tls {
            None => say_no(stream, refused).await,
            Some(tls) => {
                if let Ok(stream) = tls.acceptor().accept(stream).await {
                    say_no(stream, refused).await;
                }
            }
        }
    }
}

/// Answers whatever is asked with the reason why nothing is answered.
async fn say_no<S>(stream: S, refused: Refused)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service =
        service_fn(move |_: Request<Incoming>| async move { Ok::<_, Infallible>(no(refused)) });
    let _gone = http().serve_connection(TokioIo::new(stream), service).await;
}

fn no(refused: Refused) -> Reply {
    let refusal = match refused {
        Refused::Client => Refusal::ClientFull,
        Refused::Full => Refusal::Full,
    };
    let mut reply = refusal.reply();
    reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    reply
}

pub(super) fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(GREETING)
        .max_headers(HEADER_COUNT)
        .max_buf_size(HEADERS as usize);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_header_list_size(HEADERS)
        .max_send_buf_size(HELD)
        .max_concurrent_streams(STREAMS);
    http
}
