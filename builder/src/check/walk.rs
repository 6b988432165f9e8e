//! A walk through the fields of an object and through the texts in them, which
//! may be documents again.

use super::{
    finding::{Found, Reference},
    image,
    maps::{self, Hub},
    text,
    url::Fields,
    words,
};
use manifests::{ImageRef, patch::documents};
use serde_json::{Map, Value};
use std::fmt::{self, Write};

/// How often a text is looked into that stands in a text.
const DEEPEST: usize = 4;

/// Lists of containers in the specification of a pod.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Fields whose texts are run, or are read by what runs.
const RUNS: [&str; 6] = ["args", "command", "data", "stringData", "binaryData", "env"];

/// Fields that stand for the one they are in: `image: {reference: …}`, and the
/// default of a property in the schema of a custom resource.
const STAND_INS: [&str; 3] = ["default", "value", "reference"];

/// What is known of a value before it is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// The name it stands under: of its field, its variable or its flag.
    pub(super) name: &'a str,
    /// Kubernetes itself runs the object, so its containers name images and
    /// nothing else.
    pub(super) is_workload: bool,
    /// Whether texts in it are run or read by what runs.
    pub(super) runs: bool,
    /// Whether `description` is a text for people, as in schemas.
    pub(super) has_prose: bool,
    /// What its fields say of the URLs in them.
    pub(super) urls: Fields,
    /// A registry and a tag that hold for everything below.
    pub(super) hub: Option<Hub<'a>>,
}

/// What was found so far, and where the walk is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    found: Vec<Found>,
    field: String,
    texts: usize,
}

impl Walk {
    /// What was found.
    pub(super) fn found(self) -> Vec<Found> {
        self.found
    }

    /// Does something one field deeper.
    pub(super) fn within(&mut self, field: &str, walk: impl FnOnce(&mut Self)) {
        let is_plain = field.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        match (is_plain, self.is_at_begin()) {
            (true, true) => self.at(format_args!("{field}"), walk),
            (true, false) => self.at(format_args!(".{field}"), walk),
            (false, _) => self.at(format_args!("[{field:?}]"), walk),
        }
    }

    /// Does something at a place that is told like this.
    fn at(&mut self, place: fmt::Arguments<'_>, walk: impl FnOnce(&mut Self)) {
        let length = self.field.len();
        write!(self.field, "{place}").expect("a text takes any text");
        walk(self);
        self.field.truncate(length);
    }

    fn is_at_begin(&self) -> bool {
        self.field.is_empty() || self.field.ends_with(' ')
    }

    /// Looks at a value and everything in it.
    pub(super) fn value(&mut self, value: &Value, around: Around<'_>) {
        match value {
            Value::Object(map) => self.map(map, around),
            Value::Array(items) => self.list(items, around),
            Value::String(text) => self.text(text, around),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn map(&mut self, map: &Map<String, Value>, around: Around<'_>) {
        let around = Around { hub: Hub::of(map).or(around.hub), ..around };
        let composed = maps::composed(around.name, map);
        let image = map.get("image").and_then(Value::as_str).unwrap_or_default();
        let known = container(image, map, around);
        let is_composed = composed.is_some();
        if let Some(image) = composed {
            self.add(Reference::Image(image));
        }
        if let Some(reference) = known.clone() {
            self.within("image", |walk| walk.add(reference));
        }
        for (key, child) in map {
            let is_done =
                (key == "image" && known.is_some()) || (is_composed && maps::is_part(key, child));
            let is_prose = key == "description" && around.has_prose;
            if !is_done && !is_prose {
                let runs = around.runs || RUNS.contains(&key.as_str());
                let name = name_of(key, map, around);
                self.within(key, |walk| walk.value(child, Around { name, runs, ..around }));
            }
        }
    }

    fn list(&mut self, items: &[Value], around: Around<'_>) {
        let mut flag = None;
        for (index, item) in items.iter().enumerate() {
            let name = flag.take().unwrap_or(around.name);
            self.at(format_args!("[{index}]"), |walk| walk.value(item, Around { name, ..around }));
            // `--image` speaks of the next argument.
            let is_flag = |text: &&str| text.starts_with('-') && !text.contains('=');
            flag = item.as_str().filter(is_flag);
        }
    }

    fn text(&mut self, text: &str, around: Around<'_>) {
        if text.is_empty() {
            return;
        }
        if let Some(image) = whole(text, around.name) {
            self.add(Reference::Image(image));
            return;
        }
        if let Some(url) = around.urls.fetched(text, around.name) {
            self.add(Reference::File(url.to_owned()));
            return;
        }
        if self.texts < DEEPEST && may_be_document(text) && self.documents(text, around) {
            return;
        }
        let is_one_line = !text.contains('\n');
        for (index, line) in text.lines().enumerate() {
            let number = (!is_one_line).then(|| format!(" > line {}", index + 1));
            let references = text::in_line(line, around.name, around.runs);
            self.at(format_args!("{}", number.unwrap_or_default()), |walk| {
                for reference in references {
                    walk.add(reference);
                }
            });
        }
    }

    /// Walks through a text that is YAML or JSON; says whether it is.
    fn documents(&mut self, text: &str, around: Around<'_>) -> bool {
        let Ok(documents) = documents(text) else { return false };
        let is_tree = |value: &Value| value.is_object() || value.is_array();
        if documents.is_empty() || !documents.iter().all(|(_, value)| is_tree(value)) {
            return false;
        }
        let urls = around.urls.in_text();
        let inside = Around { is_workload: false, has_prose: false, urls, hub: None, ..around };
        self.texts += 1;
        self.at(format_args!(" > "), |walk| {
            for (_, document) in &documents {
                walk.value(document, inside);
            }
        });
        self.texts -= 1;
        true
    }

    fn add(&mut self, reference: Reference) {
        // The text as a whole, when nothing in it has a name.
        let field = self.field.trim_end_matches(" > ").to_owned();
        self.found.push(Found { reference, field });
    }
}

/// The image of a container, when the map is one.
fn container(image: &str, map: &Map<String, Value>, around: Around<'_>) -> Option<Reference> {
    if let Some(image) = around.hub.and_then(|hub| hub.image(image)) {
        return Some(Reference::Image(image));
    }
    let is_container = CONTAINERS.contains(&around.name) && map.contains_key("name");
    if image.is_empty() || !is_container {
        return None;
    }
    match image.parse() {
        Ok(image) => Some(Reference::Image(image)),
        Err(_) if around.is_workload => Some(Reference::Unreadable(image.to_owned())),
        Err(_) => None,
    }
}

/// What a field says of its value: the name of a variable is beside it.
fn name_of<'a>(key: &'a str, map: &'a Map<String, Value>, around: Around<'a>) -> &'a str {
    match map.get("name").and_then(Value::as_str) {
        Some(name) if key == "value" => name,
        _ if STAND_INS.contains(&key) => around.name,
        _ => key,
    }
}

/// A value that is one image, under a name that says so.
fn whole(text: &str, name: &str) -> Option<ImageRef> {
    words::says_image(name).then(|| image::named(text.trim())).flatten()
}

/// Whether it is worth a try: cheaper than to parse every text.
fn may_be_document(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['{', '['])
        || (text.contains('\n') && (text.contains(": ") || text.contains(":\n")))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
