//! The connected side of a journey.

pub(crate) use journeys::office::{Office, words};
