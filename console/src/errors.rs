//! Errors as text: what happened, why, and what to do next.

use crate::color::Paint;
use crate::text::printable;
use manifests::Failure;
use serde_json::{Value, json};

/// The error, its causes and its hint, each on a line of its own.
pub(crate) fn as_text(error: &dyn Failure, paint: Paint) -> String {
    let mut lines = vec![format!("{} {}", paint.error("error:"), indented(&error.to_string()))];
    lines.extend(causes(error).iter().map(|cause| format!("  caused by: {}", indented(cause))));
    lines.extend(error.hint().map(|hint| format!("{} {}", paint.hint("hint:"), indented(&hint))));
    lines.join("\n")
}

/// The same as one JSON object.
pub(crate) fn as_json(error: &dyn Failure) -> Value {
    json!({
        "event": "error",
        "message": error.to_string(),
        "causes": causes(error),
        "hint": error.hint(),
        "exit-code": error.exit_code().number(),
    })
}

/// The chain below an error. Wrappers that repeat the text of what they wrap
/// say nothing new and are told once.
fn causes(error: &dyn Failure) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.dedup();
    texts.split_off(1)
}

/// A text of several lines stays recognisable as one.
fn indented(text: &str) -> String {
    printable(text).trim_end().replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{plain, trouble};
    use clap::ColorChoice;

    #[test]
    fn an_error_names_its_causes_and_the_next_thing_to_type() {
        let error = trouble(
            &["bundle `kp.bottari.tar.zst` is damaged", "chunk 7 differs", "found `1b77e0`"],
            Some("copy the bundle again, then run `bottari-installer verify`"),
        );
        insta::assert_snapshot!(as_text(&error, plain()), @"
        error: bundle `kp.bottari.tar.zst` is damaged
          caused by: chunk 7 differs
          caused by: found `1b77e0`
        hint: copy the bundle again, then run `bottari-installer verify`
        ");
        insta::assert_snapshot!(as_json(&error), @r#"{"event":"error","message":"bundle `kp.bottari.tar.zst` is damaged","causes":["chunk 7 differs","found `1b77e0`"],"hint":"copy the bundle again, then run `bottari-installer verify`","exit-code":40}"#);
    }

    #[test]
    fn an_error_alone_is_one_line() {
        let error = trouble(&["no key"], None);
        insta::assert_snapshot!(as_text(&error, plain()), @"error: no key");
        insta::assert_snapshot!(as_json(&error), @r#"{"event":"error","message":"no key","causes":[],"hint":null,"exit-code":40}"#);
    }

    #[test]
    fn causes_that_repeat_what_was_just_said_are_told_once() {
        let error = trouble(&["a", "a", "b", "b", "a"], None);
        insta::assert_snapshot!(as_text(&error, plain()), @"
        error: a
          caused by: b
          caused by: a
        ");
    }

    #[test]
    fn many_lines_stay_one_error_and_obey_nobody() {
        let error = trouble(&["2 mistakes:\nline 3\nline 9\n", "server said \u{1b}[2J"], None);
        insta::assert_snapshot!(as_text(&error, plain()), @r"
        error: 2 mistakes:
            line 3
            line 9
          caused by: server said \u{1b}[2J
        ");
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let error = trouble(&["a", "b"], Some("c"));
        let colored = as_text(&error, Paint::decide(ColorChoice::Always, false, &|_| None));
        let mut bare = colored.clone();
        for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[36m"] {
            bare = bare.replace(code, "");
        }
        assert_ne!(colored, bare);
        assert_eq!(bare, as_text(&error, plain()));
    }
}
