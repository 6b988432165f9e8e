//! What can go wrong, on request: faults wait in a queue for each path and are
//! used up by the requests that follow.

use super::{asked::Asked, blob::Image};
use axum::body::Bytes;
use std::collections::VecDeque;

/// A count for a fault that never ends.
pub const ALWAYS: usize = usize::MAX;

/// One way to misbehave.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Sends this many bytes of the body, then closes the connection.
    CutAfter(u64),
    /// Sends this many bytes of the body, then nothing more, ever.
    StallAfter(u64),
    /// Promises this many bytes more than there are, sends what there is, closes.
    PromiseMore(u64),
    /// Promises and sends this many bytes less than there are.
    PromiseLess(u64),
    /// Sends as many bytes as there should be, some of them wrong.
    WrongBytes,
    /// Answers a request with `Range` with the whole body and 200.
    IgnoreRange,
    /// Leaves `ETag` out of the answer, and no longer knows it in conditions.
    DropEtag,
    /// Answers with this status, and with `Retry-After` in seconds when given.
    Status(u16, Option<u32>),
    /// Redirects (307) to another path of this server or to a URL.
    Redirect(String),
    /// From this request on the file has other bytes.
    Replace(Bytes),
    /// From this request on the tag points at another image.
    MoveTag(Box<Image>),
}

impl Fault {
    /// Whether it concerns a body, so that HEAD requests do not use it up.
    fn needs_body(&self) -> bool {
        matches!(
            self,
            Self::CutAfter(_) | Self::StallAfter(_) | Self::WrongBytes | Self::IgnoreRange
        )
    }
}

/// The faults that wait.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Waiting>);

#[derive(Debug)]
struct Waiting {
    path: String,
    times: usize,
    faults: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, path: &str, times: usize, faults: Vec<Fault>) {
        self.0.push_back(Waiting { path: path.to_owned(), times, faults });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults for this request: the oldest that wait for its path.
    pub(crate) fn draw(&mut self, asked: &Asked) -> Vec<Fault> {
        self.0.retain(|waiting| waiting.times > 0);
        let Some(waiting) = self.0.iter_mut().find(|waiting| waiting.concerns(asked)) else {
            return Vec::new();
        };
        if waiting.times != ALWAYS {
            waiting.times -= 1;
        }
        waiting.faults.clone()
    }
}

impl Waiting {
    fn concerns(&self, asked: &Asked) -> bool {
        let path = match self.path.strip_suffix('*') {
            Some(prefix) => asked.path.starts_with(prefix),
            None => asked.path == self.path,
        };
        path && (asked.wants_body() || !self.faults.iter().any(Fault::needs_body))
    }
}
