//! Words for events, shared by bars and lines. A phase is titled by what it is
//! doing ("fetching images"); when it is over it reads as done ("fetched images").

use crate::color::Paint;
use crate::text;
use manifests::event::Event;
use std::time::Duration;

/// The past of a title, or nothing when its first word is no "-ing" form.
pub(crate) fn past(title: &str) -> Option<String> {
    let (verb, rest) = title.split_at(title.find(' ').unwrap_or(title.len()));
    Some(past_of(verb)? + rest)
}

/// The past of the first word alone, as a label before a name.
pub(crate) fn past_verb(title: &str) -> String {
    title.split(' ').next().and_then(past_of).unwrap_or_else(|| "done".to_owned())
}

/// The line for an event that is a remark and not progress.
pub(crate) fn spoken(event: &Event, paint: Paint) -> Option<String> {
    match event {
        Event::Retrying { name, attempt, wait_ms, why } => {
            let wait = text::duration(Duration::from_millis(*wait_ms));
            let line = format!("retrying `{name}` in {wait}: attempt {attempt} failed: {why}");
            Some(text::printable(&line).into_owned())
        }
        Event::Notice { text } => Some(text::printable(text).into_owned()),
        Event::Warning { text } => {
            Some(format!("{} {}", paint.warning("warning:"), text::printable(text)))
        }
        _ => None,
    }
}

fn past_of(verb: &str) -> Option<String> {
    const IRREGULAR: [(&str, &str); 8] = [
        ("building", "built"),
        ("reading", "read"),
        ("sending", "sent"),
        ("splitting", "split"),
        ("taking", "taken"),
        ("making", "made"),
        ("finding", "found"),
        ("writing", "written"),
    ];
    if let Some((_, past)) = IRREGULAR.iter().find(|(present, _)| *present == verb) {
        return Some((*past).to_owned());
    }
    let stem = verb.strip_suffix("ing")?;
    match stem.strip_suffix('y') {
        Some(short) if !short.ends_with(['a', 'e', 'o', 'u']) => Some(format!("{short}ied")),
        _ => Some(format!("{stem}ed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_that_are_over_read_as_done() {
        let titles = [
            "fetching images",
            "packing",
            "resolving",
            "verifying",
            "copying files",
            "deploying",
            "writing the bundle",
            "checks",
        ];
        let past: Vec<_> =
            titles.iter().map(|title| format!("{title}: {:?}", past(title))).collect();
        insta::assert_snapshot!(past.join("\n"), @r#"
        fetching images: Some("fetched images")
        packing: Some("packed")
        resolving: Some("resolved")
        verifying: Some("verified")
        copying files: Some("copied files")
        deploying: Some("deployed")
        writing the bundle: Some("written the bundle")
        checks: None
        "#);
    }
}
