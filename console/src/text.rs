//! Words for numbers, and names that fit. Everything is measured in terminal
//! columns, where a Korean syllable takes two.

use std::borrow::Cow;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A size in binary units with one decimal: `21.4 MiB`; whole bytes below 1 KiB.
pub fn size(bytes: u64) -> String {
    const EXBIBYTE: (&str, u32) = ("EiB", 60);
    const UNITS: [(&str, u32); 6] =
        [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("PiB", 50), EXBIBYTE];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Rounded first: 1023.99 KiB would read `1024.0 KiB`, and is `1.0 MiB`.
    let tenths = |power: u32| (u128::from(bytes) * 10 + (1 << power) / 2) >> power;
    let fits = |(_, power): &(&str, u32)| tenths(*power) < 10_240;
    let (unit, power) = UNITS.into_iter().find(fits).unwrap_or(EXBIBYTE);
    format!("{}.{} {unit}", tenths(power) / 10, tenths(power) % 10)
}

/// A span of time in at most two units: `0.4 s`, `12.3 s`, `2 min 10 s`, `3 h 05 min`.
pub fn duration(span: Duration) -> String {
    let tenths = (span.as_millis() + 50) / 100;
    let seconds = (span.as_millis() + 500) / 1000;
    match seconds {
        0..60 if tenths < 600 => format!("{}.{} s", tenths / 10, tenths % 10),
        0..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number with its noun: `1 host`, `2 hosts`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How many terminal columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Shortens a text to `columns` by leaving out its middle: `ghcr.io/…:v3.29.1`.
///
/// The end stays longer than the start, for that is where versions are.
pub fn shorten_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else { return Cow::Borrowed("") };
    let head = take_columns(text.chars(), room * 2 / 5);
    let tail = take_columns(text.chars().rev(), room - width(&head));
    let tail: String = tail.chars().rev().collect();
    Cow::Owned(format!("{head}…{tail}"))
}

/// Shortens to `columns` and fills up with blanks, so that columns line up.
pub fn fit(text: &str, columns: usize) -> String {
    let mut short = shorten_middle(text, columns).into_owned();
    short.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&short))));
    short
}

/// Makes characters visible that would move the cursor, recolour a terminal or
/// turn the direction of writing, so that text from a server or a file shows
/// what it is. Newlines and tabs stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let show = |c| if is_hostile(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(show).collect())
}

/// The same for text that must stay on its line: a name, a title.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match printable(text) {
        text if text.contains(['\n', '\t']) => {
            Cow::Owned(text.replace('\n', "\\n").replace('\t', "\\t"))
        }
        text => text,
    }
}

fn is_hostile(c: char) -> bool {
    let turns_direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns_direction || (c.is_control() && c != '\n' && c != '\t')
}

fn take_columns(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_like_sizes() {
        let mebibyte = 1 << 20;
        let sizes: Vec<_> =
            [0, 1023, 1024, 1536, 22_439_526, mebibyte - 1, mebibyte, 1_288_490_189, u64::MAX]
                .map(size)
                .into();
        insta::assert_snapshot!(sizes.join("\n"), @"
        0 B
        1023 B
        1.0 KiB
        1.5 KiB
        21.4 MiB
        1.0 MiB
        1.0 MiB
        1.2 GiB
        16.0 EiB
        ");
    }

    #[test]
    fn durations_read_like_durations() {
        let spans: Vec<_> =
            [0, 49, 50, 999, 12_345, 59_940, 59_960, 130_000, 3_599_600, 11_100_000]
                .map(|millis| duration(Duration::from_millis(millis)))
                .into();
        insta::assert_snapshot!(spans.join("\n"), @"
        0.0 s
        0.0 s
        0.1 s
        1.0 s
        12.3 s
        1 min 00 s
        1 min 00 s
        2 min 10 s
        1 h 00 min
        3 h 05 min
        ");
    }

    #[test]
    fn one_host_but_two_hosts() {
        assert_eq!(count(1, "host", "hosts"), "1 host");
        assert_eq!(count(0, "host", "hosts"), "0 hosts");
        assert_eq!(count(2, "host", "hosts"), "2 hosts");
    }

    #[test]
    fn a_long_name_keeps_its_start_and_its_version() {
        let name = "registry.k8s.io/ingress-nginx/controller:v1.13.3";
        assert_eq!(shorten_middle(name, 24), "registry.…roller:v1.13.3");
        assert_eq!(shorten_middle("short", 24), "short");
    }

    #[test]
    fn korean_syllables_take_two_columns_and_are_never_cut_in_half() {
        for columns in 0..20 {
            let short = shorten_middle("한국형클라우드-1.7.0", columns);
            assert!(width(&short) <= columns, "{short} is wider than {columns}");
            assert_eq!(width(&fit("한국형클라우드-1.7.0", columns)), columns);
        }
        assert_eq!(fit("보따리", 8), "보따리  ");
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(printable("a\u{1b}[31mb\rc\n\td"), "a\\u{1b}[31mb\\u{d}c\n\td");
        assert_eq!(printable("a\u{202e}gpj.exe"), "a\\u{202e}gpj.exe");
        assert_eq!(printable("보따리"), "보따리");
        assert_eq!(one_line("a\tb\nc"), "a\\tb\\nc");
    }
}
