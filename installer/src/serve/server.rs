//! Sockets: accepts connections within limits, speaks HTTP/1.1 and HTTP/2 with
//! or without TLS, and ends in peace.

use super::{
    AccessOptions, ServeOptions, TlsFiles,
    access::Access,
    access_log::AccessLog,
    error::ServeError,
    health::Health,
    holdings::Holdings,
    shelf::Shelf,
    site::Site,
    tls::Tls,
    upkeep::Upkeep,
    watched::Watched,
    writable::{Overlay, WritableOptions, permit_start},
};
use bundles::Bundle;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use manifests::event::{Event, Reporter};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};

/// Connections open at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// Time for a TLS handshake, and for the headers of a request.
const GREETING: Duration = Duration::from_secs(15);
/// Time that running replies have after the first stop signal.
const GRACE: Duration = Duration::from_secs(10);
/// Largest set of request headers, in bytes.
const HEADERS: u32 = 32 * 1024;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// How often a silent HTTP/2 connection is asked whether it still lives.
const PING: Duration = Duration::from_secs(20);

/// Threads that read and hash. Few of them saturate any network card, and each
/// keeps some memory for itself that no budget counts.
const READERS: RangeInclusive<usize> = 2..=4;

/// The runtime a server wants.
pub fn runtime() -> Result<Runtime, ServeError> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let readers = processors.clamp(*READERS.start(), *READERS.end());
    let mut builder = Builder::new_multi_thread();
    // One more verifies passwords, one at a time.
    builder.worker_threads(readers).max_blocking_threads(readers + 1).enable_all();
    builder.build().map_err(ServeError::Start)
}

/// A server that listens and has not answered anything yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    doorman: Doorman,
    upkeep: Upkeep,
    reporter: Arc<dyn Reporter>,
}

/// What an operator or a service manager asks of a running server.
#[derive(Debug)]
pub struct Asked {
    /// To end; asked twice, at once.
    pub stops: mpsc::Receiver<()>,
    /// To read again what may have changed.
    pub reloads: mpsc::Receiver<()>,
}

/// What a connection's task needs.
#[derive(Clone)]
struct Doorman {
    tls: Option<Arc<Tls>>,
    site: Arc<Site>,
}

impl std::fmt::Debug for Doorman {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doorman").field("tls", &self.tls.is_some()).finish_non_exhaustive()
    }
}

impl Server {
    /// Listens, and starts to verify the bundles in the background.
    pub async fn start(
        bundles: Vec<Bundle>,
        options: ServeOptions,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Self, ServeError> {
        let mut upkeep = Upkeep::new(Arc::clone(&reporter));
        let tls = tls(options.tls, &mut upkeep)?;
        let access = access(&options.access, &mut upkeep)?;
        let address = options.listen;
        if let Some(writable) = &options.writable {
            permit_start(address, options.access.users.is_some(), writable.anonymous_push)?;
        }
        let listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let health = Arc::new(Health::new(bundles.len(), Arc::clone(&reporter)));
        health.watch(bundles.clone()).map_err(ServeError::Start)?;
        let log = options.access_log.map(|sink| AccessLog::new(sink, Arc::clone(&reporter)));
        let holdings = Holdings::new(bundles);
        for text in holdings.remarks().iter().cloned() {
            reporter.report(&Event::Notice { text });
        }
        let overlay = options.writable.as_ref();
        let overlay = overlay.map(|overlay| open_overlay(overlay, &holdings, &health, &reporter));
        let shelf = Shelf::new(holdings, Arc::clone(&health));
        let site = Site::new(shelf, health, access, log).with_overlay(overlay.transpose()?);
        let site = Arc::new(site);
        Ok(Self { listener, address, doorman: Doorman { tls, site }, upkeep, reporter })
    }

    /// Where it listens; the real port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.doorman.tls.is_some() { "https" } else { "http" }
    }

    /// An image that can be pulled here, as `registry.k8s.io/pause:3.10`.
    pub fn example(&self) -> Option<String> {
        let shelf = self.doorman.site.shelf();
        let mut names = shelf.holdings.bundles().iter().flat_map(|bundle| &bundle.manifest().names);
        names.find(|name| name.kind == bundles::Kind::Image).map(|name| name.name.clone())
    }

    /// How many repositories and distinct blobs it serves.
    pub fn counts(&self) -> (usize, usize) {
        let shelf = self.doorman.site.shelf();
        (shelf.holdings.repositories().count(), shelf.holdings.blob_count())
    }

    /// Answers until the first message on `stops`, then finishes what is
    /// running; after ten seconds or a second message it cuts the rest.
    pub async fn run(self, asked: Asked) {
        let Asked { mut stops, reloads } = asked;
        let upkeep = tokio::spawn(self.upkeep.run(reloads));
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stops.recv() => break,
                accepted = accept(&self.listener, &slots) => accepted,
            };
            match accepted {
                Ok((stream, client, slot)) => {
                    let watcher = graceful.watcher();
                    let doorman = self.doorman.clone();
                    tokio::spawn(async move {
                        doorman.welcome(stream, client, watcher).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    let text = format!("cannot accept a connection: {error}; trying again");
                    self.reporter.report(&Event::Warning { text });
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
        drop(self.listener);
        finish(graceful, stops, &*self.reporter).await;
        upkeep.abort();
    }
}

fn tls(files: Option<TlsFiles>, upkeep: &mut Upkeep) -> Result<Option<Arc<Tls>>, ServeError> {
    let Some(files) = files else { return Ok(None) };
    let watched = Watched::new(vec![files.certificate.clone(), files.key.clone()]);
    let tls = Arc::new(Tls::new(files)?);
    upkeep.tls(watched, Arc::clone(&tls));
    Ok(Some(tls))
}

fn access(options: &AccessOptions, upkeep: &mut Upkeep) -> Result<Arc<Access>, ServeError> {
    let watched = options.users.as_ref().map(|path| (Watched::new(vec![path.clone()]), path));
    let access = Arc::new(Access::new(options)?);
    if let Some((watched, path)) = watched {
        upkeep.users(watched, path.clone(), Arc::clone(&access));
    }
    Ok(access)
}

/// Opens the folder that pushes go to, and tells what the operator should know of it.
fn open_overlay(
    options: &WritableOptions,
    holdings: &Holdings,
    health: &Arc<Health>,
    reporter: &Arc<dyn Reporter>,
) -> Result<Arc<Overlay>, ServeError> {
    let overlay = Overlay::open(options, Arc::clone(health), Arc::clone(reporter))?;
    for text in overlay.survey(holdings) {
        reporter.report(&Event::Warning { text });
    }
    Ok(Arc::new(overlay))
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    // Replies are written whole; waiting to join small packets only adds delay.
    stream.set_nodelay(true)?;
    Ok((stream, peer.ip(), slot))
}

async fn finish(
    graceful: GracefulShutdown,
    mut stops: mpsc::Receiver<()>,
    reporter: &dyn Reporter,
) {
    let running = graceful.count();
    if running > 0 {
        let connections = console::text::count(running as u64, "connection", "connections");
        let text = format!("stopping; {connections} may finish within {} s", GRACE.as_secs());
        reporter.report(&Event::Notice { text });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(GRACE) => {}
        _ = stops.recv() => {}
    }
}

impl Doorman {
    /// Serves one connection to its end. Clients that speak no TLS, or nothing
    /// we know, are gone without a word: there is nothing to do about them.
    async fn welcome(self, stream: TcpStream, client: IpAddr, watcher: Watcher) {
        match self.tls.clone() {
            None => self.serve(stream, client, watcher).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = timeout(GREETING, tls.acceptor().accept(stream)).await {
                    self.serve(stream, client, watcher).await;
                }
            }
        }
    }

    async fn serve<S>(self, stream: S, client: IpAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let site = self.site;
        let service = service_fn(move |request: Request<Incoming>| {
            let site = Arc::clone(&site);
            async move { Ok::<_, Infallible>(site.answer(client, request).await) }
        });
        let http = http();
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // A client that goes away in the middle is its own affair.
        let _ = watcher.watch(connection).await;
    }
}

fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(GREETING)
        .max_buf_size(HEADERS as usize);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_header_list_size(HEADERS)
        .max_concurrent_streams(STREAMS);
    http
}
