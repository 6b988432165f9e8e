//! The day by which keys and signatures are judged.

use super::OpenPgpError;
use pgp::{
    packet::Signature,
    types::{Duration, Timestamp},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// A day, and whether a key must be good then, or only when it signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// Seconds since 1970.
    now: u64,
    also_now: bool,
}

impl Judged {
    /// A signature is good for ever when the key was valid on the day it was made:
    /// releases outlive keys.
    pub(super) fn when_made() -> Self {
        Self { now: seconds(SystemTime::now()), also_now: false }
    }

    /// The key must be good on this day too: whoever speaks of today needs a key of
    /// today.
    pub(super) fn at(now: SystemTime) -> Self {
        Self { now: seconds(now), also_now: true }
    }

    /// Whether a signature is not one whose own time is over.
    pub(super) fn lasts(self, signature: &Signature) -> bool {
        let time = signature.signature_expiration_time().map(Duration::as_secs);
        let made = signature.created().map(time_of).unwrap_or_default();
        time.filter(|time| *time > 0).is_none_or(|time| self.now < made + u64::from(time))
    }

    /// Checks that a key of this life, from its birth and in seconds, could sign then.
    pub(super) fn in_time(
        self,
        key: &str,
        (born, lifetime): (Timestamp, Option<u32>),
        made: Timestamp,
    ) -> Result<(), OpenPgpError> {
        let (born, made) = (time_of(born), time_of(made));
        let end = lifetime.map(|time| born + u64::from(time));
        if let Some(end) = end.filter(|end| self.also_now && *end <= self.now) {
            let end = UNIX_EPOCH + std::time::Duration::from_secs(end);
            return Err(OpenPgpError::Ended { key: key.into(), day: httpdate::fmt_http_date(end) });
        }
        match born <= made && end.is_none_or(|end| made < end) {
            true => Ok(()),
            false => Err(OpenPgpError::OutOfTime(key.into())),
        }
    }
}

fn time_of(time: Timestamp) -> u64 {
    u64::from(time.as_secs())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
