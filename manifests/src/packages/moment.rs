//! Points in time, to the second: when an archive was made, and as of when a
//! snapshot of it is taken.

use crate::rules::Date;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The last second of the year 9999: later ones cannot be written.
const LAST: u64 = 253_402_300_799;

/// A second in UTC, written `2026-07-11T10:16:37Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(u64);

/// Why a text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a moment: expected one such as 2026-07-11T10:16:37Z")]
pub struct MomentError(String);

impl Moment {
    /// So many seconds after 1 January 1970; the last second of 9999 when that is
    /// later than can be written.
    pub fn of_unix_seconds(seconds: u64) -> Self {
        Self(seconds.min(LAST))
    }

    /// Seconds since 1 January 1970.
    pub fn unix_seconds(self) -> u64 {
        self.0
    }

    /// As services of snapshots write it in paths: `20260711T101637Z`.
    pub fn compact(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }
}

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        let known = || {
            let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
            let date: Date = date.parse().ok()?;
            Some(Self(u64::from(date.unix_day()?) * SECONDS_OF_A_DAY + of_day(time)?))
        };
        known().ok_or_else(|| MomentError(text.to_owned()))
    }
}

/// The second of a day: `10:16:37`.
fn of_day(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str, below: u64| {
        let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u64>().ok().filter(|number| plain && *number < below)
    };
    match parts[..] {
        [hour, minute, second] => {
            Some((number(hour, 24)? * 60 + number(minute, 60)?) * 60 + number(second, 60)?)
        }
        _ => None,
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = u32::try_from(self.0 / SECONDS_OF_A_DAY).unwrap_or(u32::MAX);
        let (date, second) = (Date::of_unix_day(day), self.0 % SECONDS_OF_A_DAY);
        write!(f, "{date}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, MomentError> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_are_written_as_people_and_snapshots_write_them() {
        let moment = Moment::of_unix_seconds(1_783_764_997);
        assert_eq!(moment.to_string(), "2026-07-11T10:16:37Z");
        assert_eq!(moment.compact(), "20260711T101637Z");
        for text in ["", "2026-07-11", "2026-07-11T10:16:37", "2026-02-30T00:00:00Z"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        for text in ["2026-07-11T24:00:00Z", "2026-07-11T1:00:00Z", "1969-12-31T00:00:00Z"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_second_that_can_be_written_is_the_latest() {
        assert_eq!(Moment::of_unix_seconds(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }

    proptest! {
        #[test]
        fn every_second_is_read_as_it_was_written(seconds in 0..=LAST) {
            let moment = Moment::of_unix_seconds(seconds);
            prop_assert_eq!(moment.unix_seconds(), seconds);
            prop_assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }
    }
}
