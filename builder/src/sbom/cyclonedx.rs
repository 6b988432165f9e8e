//! `CycloneDX` 1.6 in JSON, the part of it that we write.
//! <https://cyclonedx.org/docs/1.6/json/>

use super::{
    Subject,
    graph::{Graph, Item, ItemKind},
    licence, uuid,
};
use manifests::{Algorithm, Digest};
use serde::Serialize;

/// A whole document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compositions: Vec<Composition<'a>>,
}

#[derive(Debug, Serialize)]
struct Metadata<'a> {
    tools: Tools,
    component: Component<'a>,
}

#[derive(Debug, Serialize)]
struct Tools {
    components: [Tool; 1],
}

#[derive(Debug, Serialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Licence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<External<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Debug, Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Licence<'a> {
    Expression(&'a str),
    License { name: &'a str },
}

#[derive(Debug, Serialize)]
struct External<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
}

#[derive(Debug, Serialize)]
struct Property<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'a str>,
}

/// What is known not to be whole.
#[derive(Debug, Serialize)]
struct Composition<'a> {
    aggregate: &'static str,
    assemblies: Vec<&'a str>,
}

pub(super) fn document<'a>(subject: Subject<'_>, graph: &'a Graph) -> Document<'a> {
    let (root, bundle) = graph.root();
    let others = graph.items().filter(|(reference, _)| *reference != root);
    let incomplete: Vec<_> = graph.incomplete().map(|(reference, _)| reference).collect();
    Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", uuid(subject, "cyclonedx")),
        version: 1,
        metadata: Metadata {
            tools: Tools { components: [tool()] },
            component: component(root, bundle),
        },
        components: others.map(|(reference, item)| component(reference, item)).collect(),
        dependencies: graph.items().map(|(reference, _)| dependency(graph, reference)).collect(),
        compositions: match incomplete.is_empty() {
            true => Vec::new(),
            false => vec![Composition { aggregate: "incomplete", assemblies: incomplete }],
        },
    }
}

fn tool() -> Tool {
    Tool { kind: "application", name: "bottari-builder", version: env!("CARGO_PKG_VERSION") }
}

fn component<'a>(reference: &'a str, item: &'a Item) -> Component<'a> {
    let properties = item.properties.iter().map(|(name, value)| Property { name, value });
    let unread = item.unread.iter().map(|value| Property { name: "bottari:not-read", value });
    Component {
        kind: kind(item.kind),
        reference,
        name: &item.name,
        version: item.version.as_deref(),
        description: item.description.as_deref(),
        hashes: item.digest.iter().map(hash).collect(),
        licenses: item.licence.as_deref().map(licence).into_iter().collect(),
        purl: item.purl.as_deref(),
        external_references: externals(item),
        properties: properties.chain(unread).collect(),
    }
}

fn kind(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Bundle | ItemKind::Component | ItemKind::Program => "application",
        ItemKind::File | ItemKind::Manifest | ItemKind::Chart => "file",
        ItemKind::Image | ItemKind::PlatformImage => "container",
        ItemKind::Attestation => "data",
        ItemKind::Package | ItemKind::Module => "library",
    }
}

fn hash(digest: &Digest) -> Hash<'_> {
    let alg = match digest.algorithm() {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha512 => "SHA-512",
    };
    Hash { alg, content: digest.hex() }
}

fn licence(text: &str) -> Licence<'_> {
    match licence::is_expression(text) {
        true => Licence::Expression(text),
        false => Licence::License { name: text },
    }
}

fn externals(item: &Item) -> Vec<External<'_>> {
    let homepage = item.homepage.iter().map(|url| External { kind: "website", url: url.as_str() });
    let download =
        item.download.iter().map(|url| External { kind: "distribution", url: url.as_str() });
    homepage.chain(download).collect()
}

fn dependency<'a>(graph: &'a Graph, reference: &'a str) -> Dependency<'a> {
    Dependency { reference, depends_on: graph.parts(reference).collect() }
}
