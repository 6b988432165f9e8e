//! Plain texts that readers of YAML disagree about. `on` is a boolean to
//! Kubernetes and a text to YAML 1.2; a document that is written anew would
//! settle the matter unseen, so such a document is not patched at all.

use granit_parser::{Event, Parser, ScalarStyle};

/// The first such text of a document and its line, from 1.
pub(super) fn unclear(document: &str) -> Option<(String, usize)> {
    let options = granit_parser::options! { emit_comments: false };
    let events = Parser::new_from_str_with_options(document, options);
    // What cannot be read at all was refused before.
    events.map_while(Result::ok).find_map(|(event, span)| match event {
        Event::Scalar(text, ScalarStyle::Plain, _, None) if is_unclear(&text) => {
            Some((text.into_owned(), span.start.line()))
        }
        Event::Scalar(text, _, _, Some(_)) => Some((text.into_owned(), span.start.line())),
        _ => None,
    })
}

/// What other readers take for a boolean, beside `true` and `false`.
const BOOLEANS: [&str; 8] = ["y", "yes", "n", "no", "on", "off", "true", "false"];

fn is_unclear(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_boolean = BOOLEANS.contains(&lower.as_str()) && !matches!(text, "true" | "false");
    let is_null = lower == "null" && !matches!(text, "null" | "Null" | "NULL");
    is_boolean || is_null || (looks_like_a_number(&lower) && !is_clear_number(text))
}

/// Whether some reader takes a text in small letters for a number.
fn looks_like_a_number(lower: &str) -> bool {
    let digits = lower.replace('_', "");
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().any(|(prefix, radix)| {
        digits.strip_prefix(prefix).is_some_and(|rest| u128::from_str_radix(rest, radix).is_ok())
    });
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    radix || [".inf", ".nan"].contains(&digits) || (begins && digits.parse::<f64>().is_ok())
}

/// A number as JSON writes it, or octal as Kubernetes reads it.
fn is_clear_number(text: &str) -> bool {
    let octal = text.strip_prefix('0').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
    });
    octal || serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_reader_understands_alike_is_clear() {
        for text in [
            "calico-node",
            "true",
            "false",
            "null",
            "~",
            "",
            "0",
            "-7",
            "1.5",
            "0400",
            "10.0.0.1",
            "1Gi",
            "100m",
            "v1.33.5",
            "8080:80",
            "2024-01-01",
            "--port=7472",
            "e3",
            "nan",
            "inf",
        ] {
            assert!(!is_unclear(text), "{text}");
        }
    }

    #[test]
    fn what_readers_disagree_about_is_found() {
        for text in [
            "yes", "No", "ON", "off", "y", "N", "True", "FALSE", "nULL", "0x10", "0o17", "0b1",
            "1_000", "+1", "089", ".5", "5.", ".inf", "-.INF", ".NaN",
        ] {
            assert!(is_unclear(text), "{text}");
        }
    }

    #[test]
    fn quotes_make_a_text_clear_and_tags_do_not() {
        assert_eq!(unclear("a: 'yes'\nb: \"0x10\"\nc: |\n  no\n"), None);
        assert_eq!(unclear("a: x\nb: yes\n"), Some(("yes".into(), 2)));
        assert_eq!(unclear("on: x\n"), Some(("on".into(), 1)));
        assert_eq!(unclear("a: !!str 1\n"), Some(("1".into(), 1)));
    }
}
