//! Days of the calendar, as rules name them. No hours and no time zones: support
//! that ends on a day is there until the day is over.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A day: `2026-06-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day: expected one such as 2026-06-28")]
pub struct DateError(String);

impl Date {
    /// The last day that can be written.
    pub const LAST: Self = Self { year: 9999, month: 12, day: 31 };

    /// The day that is so many days after 1 January 1970, in UTC.
    ///
    /// Counted in eras of 400 years that begin in March, so that the day a leap
    /// year adds is the last one of its year.
    pub fn of_unix_day(days: u32) -> Self {
        let days = days.saturating_add(719_468);
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year + u32::from(month <= 2);
        match (u16::try_from(year), u8::try_from(month), u8::try_from(day)) {
            (Ok(year), Ok(month), Ok(day)) if year <= 9999 => Self { year, month, day },
            _ => Self::LAST,
        }
    }

    /// How many days after 1 January 1970 it is; none when it is before that.
    pub fn unix_day(self) -> Option<u32> {
        let (month, day) = (u32::from(self.month), u32::from(self.day));
        let year = u32::from(self.year).checked_sub(u32::from(month <= 2))?;
        let march_month = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * march_month + 2) / 5 + day - 1;
        (365 * year + year / 4 - year / 100 + year / 400 + of_year).checked_sub(719_468)
    }
}

impl FromStr for Date {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        parse(text).ok_or_else(|| DateError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Date> {
    let digits = |part: &str, count| {
        (part.len() == count && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())
    };
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (digits(year, 4)??, digits(month, 2)??, digits(day, 2)??);
    let month = u8::try_from(month).ok()?;
    let day = u8::try_from(day).ok()?;
    let is_day = parts.next().is_none() && day >= 1 && day <= length(year, month)?;
    is_day.then_some(Date { year, month, day })
}

/// How many days a month has; none when there is no such month.
fn length(year: u16, month: u8) -> Option<u8> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => Some(if is_leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

impl TryFrom<String> for Date {
    type Error = DateError;
    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written_and_compared() {
        let day: Date = "2026-06-28".parse().unwrap();
        assert_eq!(day.to_string(), "2026-06-28");
        assert!(day < "2026-07-01".parse().unwrap() && day > "2025-12-31".parse().unwrap());
        assert!("2024-02-29".parse::<Date>().is_ok());
    }

    #[test]
    fn what_is_no_day_is_refused() {
        let texts = [
            "",
            "2026",
            "2026-6-28",
            "2026-06-31",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2025-02-29",
            "1900-02-29",
            "2026-06-28-1",
            "+026-06-28",
            "June 2026",
        ];
        for text in texts {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_counted_through_leap_years() {
        let days = [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (20_778, "2026-11-21"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (u32::MAX, "9999-12-31"),
        ];
        for (count, day) in days {
            assert_eq!(Date::of_unix_day(count).to_string(), day);
            let back = day.parse::<Date>().unwrap().unix_day();
            assert!(back == Some(count) || count == u32::MAX, "{day}: {back:?}");
        }
        assert_eq!("1969-12-31".parse::<Date>().unwrap().unix_day(), None);
    }
}
