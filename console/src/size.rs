//! Sizes on the command line: `4480MiB` (binary) or `650MB` (decimal).

use std::str::FromStr;

/// A number of bytes, as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// A text that is no size.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no size: expected a whole number with KiB, MiB, GiB, TiB, KB, MB, GB or TB, such as `4480MiB`"
)]
pub struct ByteSizeError(String);

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<Self, ByteSizeError> {
        const UNITS: [(&str, u64); 9] = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("TiB", 1 << 40),
            ("KB", 1000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("TB", 1_000_000_000_000),
            ("", 1),
        ];
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
        let size = unit.and_then(|(number, bytes)| {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(*bytes)
        });
        size.map(Self).ok_or_else(|| ByteSizeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let sizes = [
            ("4480MiB", 4480 << 20),
            ("2GiB", 2 << 30),
            ("64KiB", 64 << 10),
            ("3TiB", 3 << 40),
            ("650MB", 650_000_000),
            ("25GB", 25_000_000_000),
            ("2TB", 2_000_000_000_000),
            ("1000KB", 1_000_000),
            ("12345678", 12_345_678),
        ];
        for (text, bytes) in sizes {
            assert_eq!(text.parse::<ByteSize>().unwrap(), ByteSize(bytes), "{text}");
        }
        for text in ["", "MiB", "4.7GB", "-1MiB", "+1MiB", "1 MiB", "1mib", "99999999999GiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
