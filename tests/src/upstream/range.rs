//! The `Range` header: one range of bytes, as every downloader sends it.

use std::ops::Range;

/// What a `Range` header means for a body of a certain length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// No range, several, or another unit: the whole body.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// A range that lies behind the end.
    Unsatisfiable,
}

pub(crate) fn wanted(header: Option<&str>, len: u64) -> Wanted {
    let Some(spec) = header.and_then(|text| text.strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else { return Wanted::Whole };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= len => Wanted::Unsatisfiable,
        (Ok(first), Ok(last)) if first <= last => Wanted::Part(first..len.min(last + 1)),
        (Ok(first), Err(_)) if last.is_empty() => Wanted::Part(first..len),
        (Err(_), Ok(0)) if first.is_empty() => Wanted::Unsatisfiable,
        (Err(_), Ok(count)) if first.is_empty() => Wanted::Part(len.saturating_sub(count)..len),
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let cases = [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=4-", Wanted::Part(4..10)),
            ("bytes=4-99", Wanted::Part(4..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=3-1", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
        ];
        for (text, meaning) in cases {
            assert_eq!(wanted(Some(text), 10), meaning, "{text}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
    }
}
