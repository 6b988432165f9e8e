//! One request, from its arrival until its last byte has left or its client has
//! gone: then it is counted and its line is logged.

use super::{
    access_log::{AccessLog, Entry, Subject},
    crowd::{Guest, Request},
    metrics::{Labels, Metrics},
    moving::Moving,
    reply::Reply,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::request::Parts,
};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// A request under way. It is over when this is dropped, however it ended.
pub(crate) struct Visit {
    log: Option<(AccessLog, Entry)>,
    metrics: Arc<Metrics>,
    labels: Labels,
    subject: Subject,
    status: u16,
    sent_bytes: u64,
    request: Request,
}

impl Visit {
    pub(crate) fn new(
        guest: &Arc<Guest>,
        request: &Parts,
        metrics: &Arc<Metrics>,
        log: Option<&AccessLog>,
    ) -> Self {
        Self {
            log: log.map(|log| (log.clone(), Entry::new(guest.address, request))),
            metrics: Arc::clone(metrics),
            labels: Labels::of(request),
            subject: Subject::default(),
            // What stands if the client is gone before there is an answer.
            status: 499,
            sent_bytes: 0,
            request: guest.request(),
        }
    }

    /// What the request is about, to be filled in.
    pub(crate) fn subject(&mut self) -> &mut Subject {
        &mut self.subject
    }

    /// Goes on for as long as the reply is sent.
    pub(crate) fn follow(mut self, reply: Reply) -> Reply {
        self.status = reply.status().as_u16();
        let moving = Moving::new(&self.request.0);
        reply.map(|body| Body::new(Followed { body, moving, owed: false, visit: self }))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.metrics.count(self.labels, self.status, self.sent_bytes);
        if let Some((log, entry)) = &self.log {
            log.write(&entry.line(&self.subject, self.status, self.sent_bytes));
        }
    }
}

/// A body that counts, and says when it moves.
struct Followed {
    body: Body,
    moving: Arc<Moving>,
    /// Whether the client waits for us.
    owed: bool,
    visit: Visit,
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        // Once: whoever is asked again and again may still stand still.
        if polled.is_pending() != self.owed {
            self.owed = !self.owed;
            self.moving.moved();
        }
        let frame = ready!(polled).map(|frame| {
            let frame = frame?;
            self.visit.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            Ok(frame.map_data(|bytes| self.moving.piece(bytes)))
        });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
