//! Where images stand, looked for without `check`: in manifests and in what charts
//! come to, each field that holds a name and nothing else; and the programs that
//! ask for images by themselves.

use super::Works;
use journeys::platform::{Entry, Kind};
use manifests::{
    lockfile::{LockedFile, LockedImage, Lockfile},
    patch::documents,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What kubeadm asks for at `registry.k8s.io`.
const KUBEADM: [&str; 7] = [
    "coredns/coredns",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "pause",
];

/// `FILE, OBJECT, FIELD`, each once.
pub(super) type Places = BTreeSet<String>;

/// Where the manifests and charts of an upstream name images.
#[derive(Debug)]
pub(super) struct Index(Vec<Shown>);

#[derive(Debug)]
struct Shown {
    /// The URL of the manifest or chart.
    source: String,
    /// The image without a digest.
    name: String,
    /// `OBJECT, FIELD`.
    at: String,
}

impl Index {
    /// Reads all of them once.
    pub(super) fn of(works: &Works) -> Self {
        let entries = works.platform.entries();
        let images = entries.iter().filter(|entry| entry.kind == Kind::Image);
        let names: BTreeSet<_> =
            images.flat_map(|image| image.names.iter().chain([&image.source])).cloned().collect();
        let manifests =
            entries.iter().filter(|entry| matches!(entry.kind, Kind::Manifest | Kind::Chart));
        Self(manifests.flat_map(|entry| shown_by(works, entry, &names)).collect())
    }

    /// Every place where a lockfile's manifests, charts and programs name an image.
    pub(super) fn places(&self, lockfile: &Lockfile, image: &LockedImage) -> Places {
        let mut places = asked_by_programs(lockfile, image);
        let names: Vec<_> = image.names().map(ToString::to_string).collect();
        for shown in self.0.iter().filter(|shown| names.contains(&shown.name)) {
            let files = lockfile.files.iter().filter(|file| file.source.as_str() == shown.source);
            places.extend(files.map(|file| format!("{}, {}", file.name, shown.at)));
        }
        places
    }
}

/// The places that the report of `check` tells of everything that is missing.
pub(super) fn told(report: &Value) -> Places {
    let missing = report["missing"].as_array().unwrap();
    let places = missing.iter().flat_map(|missing| missing["places"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = |place: &Value| ["file", "object", "field"].map(|part| text(&place[part]));
    places.map(|at| place(at).join(", ")).collect()
}

fn asked_by_programs(lockfile: &Lockfile, image: &LockedImage) -> Places {
    let is_at_kubernetes = image.name.registry() == "registry.k8s.io";
    let name = Some(image.name.repository()).filter(|_| is_at_kubernetes).unwrap_or_default();
    let asked = |file: &LockedFile| match (file.component.as_str(), file.name.as_str()) {
        ("kubernetes", "kubeadm") if KUBEADM.contains(&name) => {
            Some("kubeadm, kubeadm, its own list of images".to_owned())
        }
        ("cri-o", archive) if name == "pause" => Some(format!("{archive}, CRI-O, pause_image")),
        _ => None,
    };
    lockfile.files.iter().filter_map(asked).collect()
}

fn shown_by(works: &Works, entry: &Entry, names: &BTreeSet<String>) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (_, object) in documents(&works.platform.text(entry).unwrap()).unwrap() {
        let mut fields = Vec::new();
        fields_with(names, &object, String::new(), &mut fields);
        shown.extend(fields.into_iter().map(|(name, field)| {
            let at = format!("{}, {field}", title(&object));
            Shown { source: entry.source.clone(), name, at }
        }));
    }
    shown
}

fn title(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let namespace = metadata["namespace"].as_str().map(|namespace| format!("{namespace}/"));
    let namespace = namespace.unwrap_or_default();
    format!("{} {namespace}{}", text(&object["kind"]), text(&metadata["name"]))
}

/// The fields that hold one of the names, with or without a digest behind it.
fn fields_with(
    names: &BTreeSet<String>,
    value: &Value,
    field: String,
    found: &mut Vec<(String, String)>,
) {
    match value {
        Value::String(text) => {
            let tagged = text.split_once('@').map_or(text.as_str(), |(tagged, _)| tagged);
            found.extend(names.contains(tagged).then(|| (tagged.to_owned(), field)));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                fields_with(names, item, format!("{field}[{index}]"), found);
            }
        }
        Value::Object(map) => {
            let dot = if field.is_empty() { "" } else { "." };
            for (key, child) in map {
                fields_with(names, child, format!("{field}{dot}{key}"), found);
            }
        }
        _ => {}
    }
}
