//! One document of a manifest: the objects in it, and what of an object is
//! worth a look.

use super::{
    finding::Found,
    url::Fields,
    walk::{Around, Walk},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Groups whose objects Kubernetes itself runs as pods.
const WORKLOADS: [&str; 3] = ["v1", "apps/v1", "batch/v1"];

/// Where Kubernetes keeps bytes as base64.
const ENCODED: [(&str, &str); 2] = [("Secret", "data"), ("ConfigMap", "binaryData")];

/// One object and what it asks for.
pub(super) struct Object {
    pub(super) title: String,
    pub(super) found: Vec<Found>,
}

/// The objects of a document, each by itself; `line` is its first in the file.
pub(super) fn objects(document: &Value, line: usize) -> Vec<Object> {
    let is_list = document["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match &document["items"] {
        Value::Array(items) if is_list => {
            items.iter().flat_map(|item| objects(item, line)).collect()
        }
        _ => vec![Object { title: title(document, line), found: found(document) }],
    }
}

fn title(object: &Value, line: usize) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let metadata = &object["metadata"];
    let name = text(&metadata["name"]).or_else(|| text(&metadata["generateName"]));
    match (text(&object["kind"]), text(&metadata["namespace"]), name) {
        (Some(kind), Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (Some(kind), None, Some(name)) => format!("{kind} {name}"),
        _ => format!("the document at line {line}"),
    }
}

fn found(object: &Value) -> Vec<Found> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let is_workload = WORKLOADS.contains(&version);
    let has_prose = !["ConfigMap", "Secret"].contains(&kind);
    let urls = Fields::of(version, kind);
    let around = Around { is_workload, has_prose, urls, ..Around::default() };
    let mut walk = Walk::default();
    let Some(fields) = object.as_object() else {
        walk.value(object, around);
        return walk.found();
    };
    for (key, child) in fields {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => annotations(&mut walk, child, around),
            key if ENCODED.contains(&(kind, key)) => encoded(&mut walk, key, child, around),
            key => field(&mut walk, key, child, around),
        }
    }
    walk.found()
}

fn field(walk: &mut Walk, key: &str, child: &Value, around: Around<'_>) {
    let runs = ["data", "stringData"].contains(&key);
    walk.within(key, |walk| walk.value(child, Around { name: key, runs, ..around }));
}

/// Names and labels cannot hold an image name; URLs in annotations are links.
fn annotations(walk: &mut Walk, metadata: &Value, around: Around<'_>) {
    let around = Around { urls: Fields::Silent, ..around };
    walk.within("metadata", |walk| {
        let annotations = &metadata["annotations"];
        walk.within("annotations", |walk| walk.value(annotations, around));
    });
}

/// Bytes that are text; an archive in a Secret stays unread.
fn encoded(walk: &mut Walk, key: &str, child: &Value, around: Around<'_>) {
    for (name, value) in child.as_object().into_iter().flatten() {
        let bytes = value.as_str().and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
        let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let around = Around { name, runs: true, ..around };
        walk.within(key, |walk| {
            walk.within(name, |walk| walk.value(&Value::String(text), around));
        });
    }
}

#[cfg(test)]
#[path = "object_tests.rs"]
mod tests;
