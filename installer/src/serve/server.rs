//! From options to a server that listens, and from there to its end in peace.

use super::{
    AccessOptions, ServeOptions, TlsFiles,
    access::Access,
    access_log::AccessLog,
    crowd::Crowd,
    door::Door,
    error::ServeError,
    health::Health,
    holdings::Holdings,
    live::{Live, Stock},
    manager,
    shelf::Shelf,
    site::Site,
    tls::Tls,
    upkeep::Upkeep,
    watched::Watched,
    writable::{Overlay, WritableOptions, permit_start},
};
use hyper_util::server::graceful::GracefulShutdown;
use manifests::event::{Event, Reporter};
use std::{
    io, net::SocketAddr, num::NonZeroUsize, ops::RangeInclusive, sync::Arc, thread, time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::{Builder, Runtime},
    sync::{Notify, mpsc},
    time::sleep,
};

/// Time that running replies have after the first stop signal.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes of an answer that the kernel may hold for a client.
const SEND_BUFFER: u32 = 256 << 10;
/// Connections that may wait to be accepted.
const QUEUE: u32 = 4096;

/// Threads that read and hash. Few of them saturate any network card, and each
/// keeps some memory for itself that no budget counts.
const READERS: RangeInclusive<usize> = 2..=4;

/// The runtime a server wants.
pub fn runtime() -> Result<Runtime, ServeError> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let readers = processors.clamp(*READERS.start(), *READERS.end());
    let mut builder = Builder::new_multi_thread();
    // One more verifies passwords, one at a time, and one bundles that come.
    builder.worker_threads(readers).max_blocking_threads(readers + 2).enable_all();
    builder.build().map_err(ServeError::Start)
}

/// A server that listens and has not answered anything yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    door: Door,
    upkeep: Upkeep,
    live: Live,
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

impl Server {
    /// Listens, and starts to verify the bundles in the background. To be called
    /// inside of a runtime.
    pub fn start(
        stock: Stock,
        options: ServeOptions,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Self, ServeError> {
        let mut upkeep = Upkeep::new(Arc::clone(&reporter));
        let tls = tls(options.tls, &mut upkeep)?;
        let access = access(&options.access, &mut upkeep)?;
        let socket = manager::socket()?;
        // A service manager's socket may be open to others than the options say.
        let wanted = socket.as_ref().map_or(Ok(options.listen), std::net::TcpListener::local_addr);
        let wanted = wanted.map_err(ServeError::Start)?;
        if let Some(writable) = &options.writable {
            permit_start(wanted, options.access.users.is_some(), writable.anonymous_push)?;
        }
        let failed = |source| ServeError::Listen { address: wanted, source };
        let listener = socket.map_or_else(|| listen(wanted), TcpListener::from_std);
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let health = Arc::new(Health::new(stock.bundles(), Arc::clone(&reporter)));
        health.watch().map_err(ServeError::Start)?;
        let log = options.access_log.map(|open| AccessLog::new(open, Arc::clone(&reporter)));
        let log = log.transpose()?;
        if let Some(log) = &log {
            upkeep.access_log(log.clone());
        }
        let holdings = Holdings::new(stock.bundles().to_vec(), options.prefix.clone());
        for text in holdings.remarks().iter().cloned() {
            reporter.report(&Event::Notice { text });
        }
        let shelf = Shelf::new(holdings, Arc::clone(&health));
        let overlay = options.writable.as_ref();
        let overlay = overlay.map(|overlay| open_overlay(overlay, &shelf, &health, &reporter));
        let crowd = Arc::new(Crowd::new(manager::fit(options.limits, &*reporter)));
        let site = Site::new(shelf, Arc::clone(&health), access, Arc::clone(&crowd), log)
            .with_overlay(overlay.transpose()?);
        let site = Arc::new(site);
        let live = Live::new(stock, Arc::clone(&site), health, Arc::clone(&reporter));
        let door = Door::new(tls, site, crowd);
        Ok(Self { listener, address, door, upkeep, live, reporter })
    }

    /// Where it listens; the real port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.door.has_tls() { "https" } else { "http" }
    }

    /// An image that can be pulled here, as `registry.k8s.io/pause:3.10`.
    pub fn example(&self) -> Option<String> {
        let current = self.door.site.shelf();
        let mut names =
            current.holdings.bundles().iter().flat_map(|bundle| &bundle.manifest().names);
        names.find(|name| name.kind == bundles::Kind::Image).map(|name| name.name.clone())
    }

    /// How many repositories and distinct blobs it serves.
    pub fn counts(&self) -> (usize, usize) {
        let current = self.door.site.shelf();
        (current.holdings.repositories().count(), current.holdings.blob_count())
    }

    /// Answers until the first message on `stops`, then finishes what is
    /// running; after ten seconds or a second message it cuts the rest.
    pub async fn run(self, asked: Asked) {
        let Asked { mut stops, reloads } = asked;
        let bundles = Arc::new(Notify::new());
        let live = tokio::spawn(self.live.run(Arc::clone(&bundles)));
        let upkeep = tokio::spawn(self.upkeep.run(reloads, bundles));
        let signs_of_life = tokio::spawn(manager::live());
        manager::ready();
        let graceful = GracefulShutdown::new();
        let door = Arc::new(self.door);
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stops.recv() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, client)) => door.open(stream, client.ip(), &graceful),
                Err(error) => {
                    let text = format!("cannot accept a connection: {error}; trying again");
                    self.reporter.report(&Event::Warning { text });
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
        manager::stopping();
        drop(self.listener);
        finish(graceful, stops, &*self.reporter).await;
        upkeep.abort();
        live.abort();
        signs_of_life.abort();
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
    shelf: &Shelf,
    health: &Arc<Health>,
    reporter: &Arc<dyn Reporter>,
) -> Result<Arc<Overlay>, ServeError> {
    let beside = Arc::clone(&shelf.holdings);
    let overlay = Overlay::open(options, beside, Arc::clone(health), Arc::clone(reporter))?;
    for text in overlay.survey(&shelf.holdings) {
        reporter.report(&Event::Warning { text });
    }
    Ok(Arc::new(overlay))
}

/// Listens, with buffers that many slow clients do not fill the memory with.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
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
