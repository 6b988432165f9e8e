//! The access log: one JSON line for each request, written when its last byte
//! has left or its client has gone.

use super::error::ServeError;
use axum::http::request::Parts;
use console::text::one_line;
use manifests::{
    Digest,
    event::{Event, Reporter},
};
use serde_json::json;
use std::{
    fmt, io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// Takes whole lines, newline included.
pub type LineSink = Box<dyn FnMut(&str) -> io::Result<()> + Send>;

/// Opens the place that lines go to; asked again when it was moved away.
pub type OpenLog = Box<dyn FnMut() -> Result<LineSink, ServeError> + Send>;

/// Where lines go. Clones write to the same place.
#[derive(Clone)]
pub(crate) struct AccessLog {
    sink: Arc<Mutex<Option<LineSink>>>,
    open: Arc<Mutex<OpenLog>>,
    reporter: Arc<dyn Reporter>,
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").finish_non_exhaustive()
    }
}

/// What a request was about, once that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    /// Repository or file.
    pub(crate) name: Option<String>,
    /// What was found there.
    pub(crate) digest: Option<Digest>,
}

/// What is known when a request arrives.
#[derive(Debug)]
pub(crate) struct Entry {
    time: SystemTime,
    client: IpAddr,
    method: String,
    path: String,
}

impl Entry {
    pub(crate) fn new(client: IpAddr, request: &Parts) -> Self {
        let path = one_line(request.uri.path()).into_owned();
        Self { time: SystemTime::now(), client, method: request.method.to_string(), path }
    }

    /// The line of a request that is over.
    pub(crate) fn line(&self, subject: &Subject, status: u16, sent_bytes: u64) -> String {
        let Self { time, client, method, path } = self;
        let line = json!({
            "time": super::clock::rfc3339(*time),
            "client": client,
            "method": method,
            "path": path,
            "name": subject.name,
            "digest": subject.digest,
            "status": status,
            "bytes": sent_bytes,
        });
        format!("{line}\n")
    }
}

impl AccessLog {
    pub(crate) fn new(mut open: OpenLog, reporter: Arc<dyn Reporter>) -> Result<Self, ServeError> {
        let sink = Arc::new(Mutex::new(Some(open()?)));
        Ok(Self { sink, open: Arc::new(Mutex::new(open)), reporter })
    }

    /// Opens the same place again: the file may have been moved away.
    pub(crate) fn reopen(&self) -> Result<String, ServeError> {
        let sink = (self.open.lock().unwrap_or_else(PoisonError::into_inner))()?;
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
        Ok("opened the access log again".to_owned())
    }

    /// A log that cannot be written does not stop the registry; that it ends
    /// here is said once.
    pub(crate) fn write(&self, line: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(write) = sink.as_mut() else { return };
        if let Err(error) = write(line) {
            *sink = None;
            let text = format!("the access log ends here, it cannot be written: {error}");
            self.reporter.report(&Event::Warning { text });
        }
    }
}
