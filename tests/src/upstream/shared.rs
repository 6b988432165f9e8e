//! What the server and the test both hold, and the order in which a request
//! meets it: faults that replace the answer, access, content, faults that spoil it.

use super::{
    asked::Asked,
    auth::{Gate, TOKEN_PATH},
    connection::Line,
    content::Content,
    entry::Entry,
    fault::{Fault, Faults},
    log::Request,
    reply::Reply,
};
use axum::{
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderName, Method, StatusCode, header},
    response::Response,
};
use manifests::ImageRef;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// Everything behind one lock: a request is answered in one consistent state.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) content: Content,
    pub(crate) faults: Faults,
    pub(crate) gate: Gate,
    pub(crate) log: Vec<Request>,
    in_flight: usize,
    pub(crate) busiest: usize,
}

/// [`Inner`], shared.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    inner: Arc<Mutex<Inner>>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
}

/// One request that is being answered, until its last byte is handed over.
#[derive(Debug)]
pub(crate) struct InFlight(Shared);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

impl Shared {
    pub(crate) fn new(origin: String) -> Self {
        Self { inner: Arc::default(), origin }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> InFlight {
        let mut inner = self.lock();
        inner.in_flight += 1;
        inner.busiest = inner.busiest.max(inner.in_flight);
        InFlight(self.clone())
    }
}

/// The one handler.
pub(crate) async fn handle(
    State(shared): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> Response {
    let asked = Asked::new(request.into_parts().0);
    let work = shared.begin();
    let reply = {
        let mut inner = shared.lock();
        let reply = inner.reply(&asked, &shared.origin);
        inner.log.push(Request::new(&asked, &reply));
        reply
    };
    reply.into_response(&asked, line, work)
}

impl Inner {
    fn reply(&mut self, asked: &Asked, origin: &str) -> Reply {
        if asked.method != Method::GET && asked.method != Method::HEAD {
            return Reply::error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED");
        }
        let faults = self.faults.draw(asked);
        if let Some(reply) = faults.iter().find_map(instead) {
            return reply;
        }
        if asked.path == TOKEN_PATH {
            return self.token(asked);
        }
        if let Some(challenge) = self.gate.challenge(asked, origin) {
            let mut reply = Reply::error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
            reply.set(header::WWW_AUTHENTICATE, &challenge);
            return reply;
        }
        for fault in &faults {
            self.change(asked, fault);
        }
        let mut reply = match self.content.find(asked) {
            Ok(entry) => Reply::entry(entry, asked, &faults),
            Err(code) => Reply::error(StatusCode::NOT_FOUND, code),
        };
        if asked.path.starts_with("/v2/") {
            reply.set(API_VERSION, "registry/2.0");
        }
        reply
    }

    fn token(&mut self, asked: &Asked) -> Reply {
        match self.gate.token(asked) {
            Some(token) => {
                let answer = json!({ "token": token, "access_token": token, "expires_in": 300 });
                Reply::entry(Entry::json(&answer), asked, &[])
            }
            None => Reply::error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        }
    }

    fn change(&mut self, asked: &Asked, fault: &Fault) {
        match fault {
            Fault::Replace(bytes) => self.content.put_file(&asked.path, bytes.clone()),
            Fault::MoveTag(image) => {
                let name =
                    asked.path.strip_prefix("/v2/").map(|path| path.replace("/manifests/", ":"));
                let name = name.and_then(|name| name.parse::<ImageRef>().ok());
                let name = name.expect("`MoveTag` is set on the path of a tag");
                self.content.put_image(&name, image);
            }
            _ => (),
        }
    }
}

/// The answer of a fault that leaves the content out of it.
fn instead(fault: &Fault) -> Option<Reply> {
    match fault {
        Fault::Status(status, retry_after) => {
            let status = StatusCode::from_u16(*status).expect("tests name real statuses");
            let mut reply = Reply::error(status, "UNAVAILABLE");
            if let Some(seconds) = retry_after {
                reply.set(header::RETRY_AFTER, &seconds.to_string());
            }
            Some(reply)
        }
        Fault::Redirect(location) => {
            let mut reply = Reply::empty(StatusCode::TEMPORARY_REDIRECT);
            reply.set(header::LOCATION, location);
            Some(reply)
        }
        _ => None,
    }
}
