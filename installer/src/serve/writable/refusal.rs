//! Why something is not written, in the words of the OCI distribution
//! specification.

use crate::serve::reply::{Refusal, Reply};
use axum::http::{HeaderValue, StatusCode, header};
use console::text;
use manifests::Digest;

/// Why a pushing client does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WriteRefusal {
    /// Reading refuses in the same way.
    Read(Refusal),
    /// Only these methods are for what the path names.
    Method(&'static str),
    /// No such upload, or not any more.
    UploadUnknown,
    /// The next byte that is wanted is another one.
    OutOfOrder {
        /// How many bytes have arrived.
        have: u64,
    },
    /// The body is not what its headers promise.
    Size(String),
    /// `digest` is missing, or not that of the bytes.
    Digest(String),
    /// Not a manifest that can be kept.
    Manifest(String),
    /// More bytes than a manifest may have.
    TooLarge(u64),
    /// The manifest needs a blob that is not there.
    BlobMissing(Digest),
    /// A bundle holds that under this name.
    Held(String),
    /// A bundle holds that, and nothing of a bundle is deleted.
    Kept(String),
    /// The quota.
    Quota {
        /// What all images together may take, in bytes.
        limit: u64,
    },
    /// No room on the disk.
    DiskFull,
    /// The body did not arrive.
    Cut,
    /// Too many uploads at once.
    TooMany,
    /// Garbage is being collected.
    Collecting,
    /// The disk says no; the log says more.
    Broken,
}

impl WriteRefusal {
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            // Answered by its own words.
            Self::Read(_) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            Self::UploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            Self::OutOfOrder { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
            Self::Size(_) => (StatusCode::BAD_REQUEST, "SIZE_INVALID"),
            Self::Digest(_) => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
            Self::Manifest(_) => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
            Self::BlobMissing(_) => (StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"),
            Self::Kept(_) => (StatusCode::METHOD_NOT_ALLOWED, "DENIED"),
            Self::Held(_) | Self::Quota { .. } => (StatusCode::FORBIDDEN, "DENIED"),
            Self::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "DENIED"),
            Self::Cut => (StatusCode::REQUEST_TIMEOUT, "BLOB_UPLOAD_INVALID"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
            Self::Collecting => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Read(_) => String::new(),
            Self::Method(_) => "this cannot be done here; blobs, manifests and tags can be pushed and deleted".into(),
            Self::UploadUnknown => "there is no such upload; it may have been finished, cancelled, or left alone for a day".into(),
            Self::OutOfOrder { have } => format!("{have} bytes have arrived; the next chunk begins at {have}, not where this one does"),
            Self::Size(why)
            | Self::Digest(why)
            | Self::Manifest(why)
            | Self::Held(why)
            | Self::Kept(why) => why.clone(),
            Self::TooLarge(limit) => format!("a manifest has at most {}", text::size(*limit)),
            Self::BlobMissing(digest) => format!("the manifest needs the blob {digest}, which this repository does not have; push it first"),
            Self::Quota { limit } => format!("the images pushed to this registry may take {} in all, and this one would not fit; delete some and let `bottari-installer gc` free their room", text::size(*limit)),
            Self::DiskFull => "the disk of this registry is full; nothing of this upload was kept".into(),
            Self::Cut => "the body did not arrive as a whole; what did is kept, ask the upload for its range and go on there".into(),
            Self::TooMany => "too many uploads are open; finish or cancel some".into(),
            Self::Collecting => "garbage is being collected; try again in a moment".into(),
            Self::Broken => "this registry cannot keep that; its log says why".into(),
        }
    }

    /// As an answer.
    pub(super) fn reply(&self) -> Reply {
        if let Self::Read(refusal) = self {
            return refusal.reply();
        }
        let (status, code) = self.code();
        let mut reply = crate::serve::reply::refuse(status, code, &self.message());
        let header = match self {
            Self::Method(methods) => Some((header::ALLOW, *methods)),
            Self::Kept(_) => Some((header::ALLOW, "GET, HEAD")),
            Self::TooMany | Self::Collecting => Some((header::RETRY_AFTER, "5")),
            _ => None,
        };
        if let Some((name, value)) = header {
            reply.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        reply
    }
}

impl From<Refusal> for WriteRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Read(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        let refusals = [
            WriteRefusal::Method("GET"),
            WriteRefusal::UploadUnknown,
            WriteRefusal::OutOfOrder { have: 7 },
            WriteRefusal::TooLarge(4 << 20),
            WriteRefusal::BlobMissing(Digest::from_sha256(&[0; 32])),
            WriteRefusal::Quota { limit: 5 << 30 },
            WriteRefusal::DiskFull,
            WriteRefusal::Cut,
            WriteRefusal::TooMany,
            WriteRefusal::Collecting,
            WriteRefusal::Broken,
        ];
        let lines: Vec<_> = refusals
            .iter()
            .map(|refusal| {
                let (status, code) = refusal.code();
                format!("{} {code}: {}", status.as_u16(), refusal.message())
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        405 UNSUPPORTED: this cannot be done here; blobs, manifests and tags can be pushed and deleted
        404 BLOB_UPLOAD_UNKNOWN: there is no such upload; it may have been finished, cancelled, or left alone for a day
        416 BLOB_UPLOAD_INVALID: 7 bytes have arrived; the next chunk begins at 7, not where this one does
        413 SIZE_INVALID: a manifest has at most 4.0 MiB
        404 MANIFEST_BLOB_UNKNOWN: the manifest needs the blob sha256:0000000000000000000000000000000000000000000000000000000000000000, which this repository does not have; push it first
        403 DENIED: the images pushed to this registry may take 5.0 GiB in all, and this one would not fit; delete some and let `bottari-installer gc` free their room
        507 DENIED: the disk of this registry is full; nothing of this upload was kept
        408 BLOB_UPLOAD_INVALID: the body did not arrive as a whole; what did is kept, ask the upload for its range and go on there
        429 TOOMANYREQUESTS: too many uploads are open; finish or cancel some
        503 UNAVAILABLE: garbage is being collected; try again in a moment
        500 UNKNOWN: this registry cannot keep that; its log says why
        ");
    }
}
