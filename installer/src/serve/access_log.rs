//! The access log: one JSON line for each request, written when its last byte
//! has left or its client has gone.

use super::reply::Reply;
use axum::{
    body::{Body, Bytes, HttpBody},
    http::request::Parts,
};
use console::text::one_line;
use hyper::body::{Frame, SizeHint};
use manifests::{
    Digest,
    event::{Event, Reporter},
};
use serde_json::json;
use std::{
    fmt, io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::SystemTime,
};

/// Takes whole lines, newline included.
pub type LineSink = Box<dyn FnMut(&str) -> io::Result<()> + Send>;

/// Where lines go. Clones write to the same place.
#[derive(Clone)]
pub(crate) struct AccessLog {
    sink: Arc<Mutex<Option<LineSink>>>,
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
}

impl AccessLog {
    pub(crate) fn new(sink: LineSink, reporter: Arc<dyn Reporter>) -> Self {
        Self { sink: Arc::new(Mutex::new(Some(sink))), reporter }
    }

    /// Counts what is sent of a reply, and writes its line in the end.
    pub(crate) fn follow(&self, reply: Reply, entry: Entry, subject: Subject) -> Reply {
        let status = reply.status().as_u16();
        let line = Line { log: self.clone(), entry, subject, status, sent_bytes: 0 };
        reply.map(|body| Body::new(Counted { body, line }))
    }

    /// A log that cannot be written does not stop the registry; that it ends
    /// here is said once.
    fn write(&self, line: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(write) = sink.as_mut() else { return };
        if let Err(error) = write(line) {
            *sink = None;
            let text = format!("the access log ends here, it cannot be written: {error}");
            self.reporter.report(&Event::Warning { text });
        }
    }
}

/// A line that is written when it is dropped: that is when a reply is over,
/// however it ended.
struct Line {
    log: AccessLog,
    entry: Entry,
    subject: Subject,
    status: u16,
    sent_bytes: u64,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Entry { time, client, method, path } = &self.entry;
        let line = json!({
            "time": super::clock::rfc3339(*time),
            "client": client,
            "method": method,
            "path": path,
            "name": self.subject.name,
            "digest": self.subject.digest,
            "status": self.status,
            "bytes": self.sent_bytes,
        });
        self.log.write(&format!("{line}\n"));
    }
}

/// A body that counts.
struct Counted {
    body: Body,
    line: Line,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.line.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
