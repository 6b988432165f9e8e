//! A manifest as the documents it is made of. Those that nobody patches keep
//! their bytes, comments and all.

use super::RenderError;
use serde_json::Value;
use std::fmt::Write;

/// Deeper than the schemas of custom resources are; keeps recursion small.
const DEEPEST: usize = 128;

/// One document of a manifest.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Its bytes, from its `---` to before the next.
    pub(super) text: &'a str,
    /// Its first line in the manifest, from 1.
    pub(super) line: usize,
    /// What it says.
    pub(super) value: Value,
    /// Whether it has been patched, so that its bytes no longer count.
    pub(super) changed: bool,
}

/// The documents of a manifest, in order.
pub(super) fn read(manifest: &str) -> Result<Vec<Document<'_>>, RenderError> {
    split(manifest)
        .into_iter()
        .map(|(line, text)| {
            let value = parse(text).map_err(|message| RenderError::Document { line, message })?;
            Ok(Document { text, line, value, changed: false })
        })
        .collect()
}

/// What the documents of a manifest say, each with its first line, from 1; empty
/// ones are left out. The same reading that patches are applied on.
pub fn documents(manifest: &str) -> Result<Vec<(usize, Value)>, RenderError> {
    let documents = read(manifest)?.into_iter();
    Ok(documents.map(|d| (d.line, d.value)).filter(|(_, value)| !value.is_null()).collect())
}

/// A marker at the begin of a line ends whatever came before it, a text of
/// several lines included; so lines are enough to go by.
fn split(manifest: &str) -> Vec<(usize, &str)> {
    let (mut pieces, mut begin, mut first, mut offset) = (Vec::new(), 0, 1, 0);
    for (number, line) in manifest.split_inclusive('\n').enumerate() {
        if is_marker(line) && offset > begin {
            pieces.push((first, &manifest[begin..offset]));
            (begin, first) = (offset, number + 1);
        }
        offset += line.len();
    }
    pieces.push((first, &manifest[begin..]));
    pieces
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Numbers that begin with 0 are octal, as Kubernetes reads them.
fn parse(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        // The parser keeps only so many, and examples of upstream have more.
        emit_comments: false,
        legacy_octal_numbers: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: DEEPEST, flow_nesting_limit: DEEPEST },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
    };
    let parsed = serde_saphyr::from_str_with_options(text, options);
    parsed.map_err(|error| crate::yaml::one_line(&error.without_snippet().to_string()))
}

/// The manifest again. A patched document becomes JSON, which is YAML that
/// every reader understands alike.
pub(super) fn write(documents: &[Document<'_>]) -> String {
    documents.iter().map(Document::written).collect()
}

impl Document<'_> {
    fn written(&self) -> String {
        if self.changed {
            format!("---\n{}\n", escaped(&format!("{:#}", self.value)))
        } else {
            self.text.to_owned()
        }
    }

    /// The objects in it: the document itself, or the items of a list.
    pub(super) fn objects(&self) -> Vec<&Value> {
        match &self.value["items"] {
            Value::Array(items) if self.is_list() => items.iter().collect(),
            _ => vec![&self.value],
        }
    }

    /// One of them.
    pub(super) fn object(&mut self, index: usize) -> &mut Value {
        if self.is_list() { &mut self.value["items"][index] } else { &mut self.value }
    }

    fn is_list(&self) -> bool {
        let kind = self.value["kind"].as_str();
        kind.is_some_and(|kind| kind.ends_with("List")) && self.value["items"].is_array()
    }
}

/// Characters that JSON may hold as they are and YAML takes for ends of lines,
/// or not at all. In JSON they stand inside texts only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}') {
            let _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text
}
