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
