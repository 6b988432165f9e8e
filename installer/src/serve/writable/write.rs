//! Requests that change something: uploads, blobs, manifests and tags. What a
//! bundle holds is never changed by any of them.

use super::{overlay::Overlay, receive, refusal::WriteRefusal};
use crate::serve::{
    access_log::Subject, holdings::Holdings, lists::fields, reply::Reply, route::Route,
};
use axum::{
    body::{Body, BodyDataStream},
    http::{Method, request::Parts},
};
use std::sync::Arc;

/// A request that wants to change something, with what it is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write<'a> {
    pub(crate) overlay: &'a Arc<Overlay>,
    pub(crate) holdings: &'a Arc<Holdings>,
    pub(crate) request: &'a Parts,
}

impl Write<'_> {
    /// Does it, or says why not.
    pub(crate) async fn answer(&self, route: Route, subject: &mut Subject, body: Body) -> Reply {
        subject.name = route.repository().map(ToString::to_string);
        let mut body = body.into_data_stream();
        match self.act(route, subject, &mut body).await {
            Ok(reply) => reply,
            Err(refusal) => {
                receive::drain(&mut body).await;
                refusal.reply()
            }
        }
    }

    async fn act(
        &self,
        route: Route,
        subject: &mut Subject,
        body: &mut BodyDataStream,
    ) -> Result<Reply, WriteRefusal> {
        match (&self.request.method, route) {
            (&Method::POST, Route::Uploads(name)) => {
                self.begin(self.holdings.kept_as(&name), body).await
            }
            (_, Route::Uploads(_)) => Err(WriteRefusal::Method("POST")),
            (method, Route::Upload(name, id)) => {
                self.go_on(method, self.holdings.kept_as(&name), &id, body).await
            }
            (&Method::PUT, Route::Manifest(name, reference)) => {
                self.put_manifest(name, reference, subject, body).await
            }
            (&Method::DELETE, Route::Manifest(name, reference)) => {
                self.delete_manifest(name, reference).await
            }
            (_, Route::Manifest(..)) => Err(WriteRefusal::Method("GET, HEAD, PUT, DELETE")),
            (&Method::DELETE, Route::Blob(name, digest)) => {
                subject.digest = Some(digest.clone());
                self.delete_blob(name, digest).await
            }
            (_, Route::Blob(..)) => Err(WriteRefusal::Method("GET, HEAD, DELETE")),
            _ => Err(WriteRefusal::Method("GET, HEAD")),
        }
    }

    /// A field of the query.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        fields(self.request.uri.query()).find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Why something of a bundle is not deleted.
pub(super) fn kept(what: &str) -> WriteRefusal {
    WriteRefusal::Kept(format!(
        "{what} is in a signed bundle that is served here; nothing of a bundle can be deleted"
    ))
}
