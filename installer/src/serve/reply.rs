//! Answers without a blob in them: errors in the form of the OCI distribution
//! specification, and small documents.

use super::route::Astray;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde::Serialize;
use serde_json::json;

/// An answer.
pub(crate) type Reply = Response<Body>;

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No such place.
    NotFound,
    /// Not a repository name.
    NameInvalid,
    /// No such repository here.
    NameUnknown(String),
    /// No such tag or manifest here.
    ManifestUnknown(String),
    /// No such blob here.
    BlobUnknown(String),
    /// Not a digest.
    DigestInvalid(String),
    /// `n` is not a number.
    PageInvalid(String),
    /// No such file here.
    FileUnknown(String),
    /// No such file of a repository of OS packages here.
    PackageUnknown(String),
    /// Only reading is possible.
    Unsupported,
    /// The bytes cannot be read, or are not those that were signed.
    Damaged(String),
    /// Nobody said who asks, or not rightly.
    Unauthorized,
    /// There is too much to do; later there will be less.
    Busy,
    /// The client has as many connections as one may have.
    ClientFull,
    /// There are as many connections as there may be.
    Full,
}

/// Seconds after which whoever was too much may come again.
const LATER: u16 = 2;

impl Refusal {
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::NameInvalid => (StatusCode::BAD_REQUEST, "NAME_INVALID"),
            Self::NameUnknown(_) => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            Self::ManifestUnknown(_) => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            Self::BlobUnknown(_) => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
            Self::DigestInvalid(_) => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
            Self::PageInvalid(_) => (StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID"),
            Self::FileUnknown(_) => (StatusCode::NOT_FOUND, "FILE_UNKNOWN"),
            Self::PackageUnknown(_) => (StatusCode::NOT_FOUND, "PACKAGE_UNKNOWN"),
            Self::Unsupported => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            Self::Damaged(_) => (StatusCode::INTERNAL_SERVER_ERROR, "DAMAGED"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
            Self::Busy | Self::ClientFull => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => {
                "there is nothing here; the registry is at /v2/, plain files are at /files/, OS packages at /apt/".into()
            }
            Self::NameInvalid => {
                "this is not a repository name; the original name follows /v2/, as in /v2/registry.k8s.io/pause/manifests/3.10".into()
            }
            Self::NameUnknown(name) => format!("no bundle here has a repository `{name}`"),
            Self::ManifestUnknown(reference) => format!("no bundle here has a manifest `{reference}` under this name"),
            Self::BlobUnknown(digest) => format!("no bundle here has a blob {digest}"),
            Self::DigestInvalid(why) => why.clone(),
            Self::PageInvalid(text) => format!("`{text}` is not a number of entries"),
            Self::FileUnknown(path) => format!("no bundle here has a file `{path}`; /files/ lists them"),
            Self::PackageUnknown(path) => format!("no bundle here has `{path}` in a repository of OS packages; /apt/ lists them"),
            Self::Unsupported => "this registry is read-only: only GET and HEAD are possible".into(),
            Self::Damaged(what) => what.clone(),
            Self::Unauthorized => "this registry wants the name and password of one of its users".into(),
            Self::Busy => format!("too many requests at once; come again in {LATER} s"),
            Self::ClientFull => format!("too many connections from one address; come again in {LATER} s"),
            Self::Full => format!("too many connections; come again in {LATER} s"),
        }
    }

    /// As an answer.
    pub(crate) fn reply(&self) -> Reply {
        let (status, code) = self.code();
        let mut reply = refuse(status, code, &self.message());
        if let Some((name, value)) = self.header() {
            reply.headers_mut().insert(name, value);
        }
        reply
    }

    /// What a client does about it.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Unsupported => Some((header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
            Self::Unauthorized => {
                let challenge = HeaderValue::from_static("Basic realm=\"bottari\"");
                Some((header::WWW_AUTHENTICATE, challenge))
            }
            Self::Busy | Self::ClientFull | Self::Full => Some((header::RETRY_AFTER, LATER.into())),
            _ => None,
        }
    }
}

impl From<Astray> for Refusal {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Unknown => Self::NotFound,
            Astray::Name => Self::NameInvalid,
            Astray::Digest(why) => Self::DigestInvalid(why),
        }
    }
}

/// An error in the form of the specification.
pub(crate) fn refuse(status: StatusCode, code: &str, message: &str) -> Reply {
    let errors = json!({ "errors": [{ "code": code, "message": message }] });
    let mut reply = json_reply("application/json", &errors);
    *reply.status_mut() = status;
    reply
}

/// A JSON document.
pub(crate) fn json_reply<T: Serialize>(media_type: &'static str, value: &T) -> Reply {
    let text = serde_json::to_vec(value).expect("our replies hold only maps, lists and texts");
    document(media_type, text)
}

/// A small document of any type.
pub(crate) fn document(media_type: &'static str, content: impl Into<Vec<u8>>) -> Reply {
    let content = content.into();
    let mut reply = Response::new(Body::empty());
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
    *reply.body_mut() = Body::from(content);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_is_wrong() {
        let text = |text: &str| text.to_owned();
        let refusals = [
            Refusal::NotFound,
            Refusal::NameInvalid,
            Refusal::NameUnknown(text("quay.io/a")),
            Refusal::ManifestUnknown(text("v1")),
            Refusal::BlobUnknown(text("sha256:00")),
            Refusal::DigestInvalid(text("`x` is not a digest")),
            Refusal::PageInvalid(text("many")),
            Refusal::FileUnknown(text("etcd/x")),
            Refusal::PackageUnknown(text("debian-12/x")),
            Refusal::Unsupported,
            Refusal::Damaged(text("bundle `b` is damaged")),
            Refusal::Unauthorized,
            Refusal::Busy,
            Refusal::ClientFull,
            Refusal::Full,
        ];
        let lines: Vec<_> = refusals
            .iter()
            .map(|refusal| {
                let (status, code) = refusal.code();
                format!("{} {code}: {}", status.as_u16(), refusal.message())
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
