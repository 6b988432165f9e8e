//! The running server, as tests and the demo program hold it.

use super::{
    auth::Access,
    blob::Image,
    connection::{Door, Line},
    entry::Entry,
    fault::Fault,
    log::Request,
    paths::file_path,
    shared::{Shared, handle},
};
use axum::{Router, body::Bytes};
use manifests::ImageRef;
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    thread::{self, JoinHandle},
};
use tokio::{net::TcpListener, runtime, sync::oneshot};

/// A running upstream; it ends when dropped, with all its connections.
///
/// It has a runtime and a thread of its own, so tests with and without one can
/// hold it.
#[derive(Debug)]
pub struct Upstream {
    shared: Shared,
    address: SocketAddr,
    /// Taken when dropped: a closed channel ends the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts an empty one on a free port of 127.0.0.1.
    pub fn start() -> io::Result<Self> {
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let shared = Shared::new(format!("http://{address}"));
        let router = Router::new().fallback(handle).with_state(shared.clone());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("upstream".into()).spawn(move || {
            runtime.spawn(async move {
                let service = router.into_make_service_with_connect_info::<Line>();
                axum::serve(Door(listener), service).await
            });
            // Both ways to hear of the end are the end.
            let _ended = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { shared, address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of one of its paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.origin)
    }

    /// Puts bytes at an original URL; the same URL again means a new version.
    pub fn put_file(&self, url: &str, bytes: impl Into<Bytes>) {
        self.shared.lock().content.put_file(&file_path(url), bytes.into());
    }

    /// Takes the file at an original URL away.
    pub fn remove_file(&self, url: &str) {
        self.shared.lock().content.remove_file(&file_path(url));
    }

    /// Offers every file below a folder under an original URL; the bytes stay on
    /// disk.
    pub fn put_folder(&self, url: &str, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let url = format!("{}/{}", url.trim_end_matches('/'), name.to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.put_folder(&url, &entry.path())?;
            } else {
                let file = Entry::on_disk(&entry.path())?;
                self.shared.lock().content.put_entry(file_path(&url), file);
            }
        }
        Ok(())
    }

    /// Puts an image under a name; with a tag that exists, the tag moves.
    pub fn put_image(&self, name: &ImageRef, image: &Image) {
        self.shared.lock().content.put_image(name, image);
    }

    /// Lets the next `times` requests for a path meet these faults, all at once.
    /// Faults of the same path wait for each other. A path that ends in `*` means
    /// all that begin so. Faults of the body are not used up by HEAD.
    pub fn inject(&self, path: &str, times: usize, faults: impl Into<Vec<Fault>>) {
        self.shared.lock().faults.add(path, times, faults.into());
    }

    /// Takes back all faults that were not used up.
    pub fn behave(&self) {
        self.shared.lock().faults.clear();
    }

    /// Protects all paths that begin so, such as `/v2/registry.example.org/`.
    pub fn require(&self, prefix: &str, access: Access) {
        self.shared.lock().gate.require(prefix, access);
    }

    /// Makes all tokens given so far useless.
    pub fn expire_tokens(&self) {
        self.shared.lock().gate.expire_tokens();
    }

    /// All requests so far, in the order of their answers.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().log.clone()
    }

    /// The requests since the last call of this method.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.lock().log)
    }

    /// How many requests were being answered at the same time at most.
    pub fn busiest(&self) -> usize {
        self.shared.lock().busiest
    }

    /// The text of a mirrors file that sends these hosts of URLs and these
    /// registries here.
    pub fn mirrors(&self, hosts: &[&str], registries: &[&str]) -> String {
        let urls = hosts.iter().map(|host| (format!("https://{host}/"), file_path(host) + "/"));
        let names = registries.iter().map(|name| ((*name).to_owned(), format!("/{name}")));
        self.section("urls", urls) + &self.section("registries", names)
    }

    /// A list of the mirrors file; left out when empty.
    fn section(&self, title: &str, pairs: impl Iterator<Item = (String, String)>) -> String {
        let item =
            |(from, path): (String, String)| format!("- from: {from}\n  to: {}\n", self.url(&path));
        let items: String = pairs.map(item).collect();
        if items.is_empty() { items } else { format!("{title}:\n{items}") }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already.
            let _printed = thread.join();
        }
    }
}
