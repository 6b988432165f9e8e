//! One HTTP client for everything the builder asks for: bounded per host and
//! overall, patient with servers that are busy, able to continue a download
//! that was cut, and strict about what it accepts.
//!
//! Promises: a body never grows beyond the size it should have, no byte
//! becomes a blob before its digest was compared, credentials go only to the
//! host they are for, and no message holds one.

mod advice;
mod attempt;
mod attempts;
mod client;
mod download;
mod error;
mod limits;
mod netrc;
mod options;
mod proxies;
mod receive;
mod redirect;
mod renewed;
mod request;
mod resume;
mod small;
mod validators;

pub(crate) use attempts::Attempts;
pub use client::HttpClient;
pub(crate) use client::USER_AGENT;
pub use download::{Download, Downloaded, Expected};
pub use error::HttpError;
pub use netrc::Netrc;
pub use options::{HttpOptions, Retry};
pub(crate) use renewed::{Renewable, Renewed};
pub use request::{Authorization, Request};
pub(crate) use request::{Login, without_credentials};
pub use small::{Probe, Small};
