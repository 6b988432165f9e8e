//! SPDX 2.3 in JSON, the part of it that we write.
//! <https://spdx.github.io/spdx-spec/v2.3/>

use super::{
    Subject,
    graph::{Graph, Item, ItemKind},
    licence, uuid,
};
use manifests::{Algorithm, Digest};
use serde::Serialize;
use std::{borrow::Cow, collections::BTreeMap};

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const UNKNOWN: &str = "NOASSERTION";
/// SPDX wants a time, and a document that follows from a lockfile has none.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// A whole document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    #[serde(rename = "documentNamespace")]
    namespace: String,
    creation_info: CreationInfo,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicence<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo {
    created: &'static str,
    creators: [String; 1],
    comment: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    name: &'a str,
    #[serde(rename = "SPDXID")]
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'a str>,
    download_location: &'a str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    license_concluded: &'static str,
    license_declared: Cow<'a, str>,
    copyright_text: &'static str,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'a> {
    algorithm: &'static str,
    checksum_value: &'a str,
}

#[derive(Debug, Serialize)]
struct ExternalRef<'a> {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: &'a str,
}

#[derive(Debug, Serialize)]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    from: String,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    #[serde(rename = "relatedSpdxElement")]
    to: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicence<'a> {
    license_id: String,
    extracted_text: &'a str,
    name: &'a str,
}

pub(super) fn document<'a>(subject: Subject<'_>, graph: &'a Graph) -> Document<'a> {
    let lockfile = subject.lockfile;
    let tool = env!("CARGO_PKG_VERSION");
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: format!("{}-{}", lockfile.release, lockfile.version),
        namespace: format!("urn:uuid:{}", uuid(subject, "spdx")),
        creation_info: CreationInfo {
            created: CREATED,
            creators: [format!("Tool: bottari-builder-{tool}")],
            comment: "The document follows from the lockfile alone, so it bears no time of its making.",
        },
        packages: graph.items().map(|(reference, item)| package(reference, item)).collect(),
        relationships: relationships(graph),
        has_extracted_licensing_infos: extracted(graph),
    }
}

/// What is told about every item.
fn package<'a>(reference: &str, item: &'a Item) -> Package<'a> {
    Package {
        name: &item.name,
        id: id(reference),
        version_info: item.version.as_deref(),
        download_location: item.download.as_ref().map_or(UNKNOWN, |url| url.as_str()),
        files_analyzed: false,
        checksums: item.digest.iter().map(checksum).collect(),
        homepage: item.homepage.as_ref().map(url::Url::as_str),
        summary: item.description.as_deref(),
        license_concluded: UNKNOWN,
        license_declared: item.licence.as_deref().map_or(UNKNOWN.into(), declared),
        copyright_text: UNKNOWN,
        primary_package_purpose: purpose(item.kind),
        external_refs: item.purl.as_deref().map(purl).into_iter().collect(),
        comment: comment(item),
    }
}

/// A name for an item that has only the characters SPDX allows.
fn id(reference: &str) -> String {
    let kind = reference.split_once('/').map_or(reference, |(kind, _)| kind);
    let kind: String = kind.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    format!("SPDXRef-{kind}-{}", short(reference))
}

fn short(text: &str) -> String {
    bundles::sha256(text.as_bytes()).hex()[..24].to_owned()
}

fn checksum(digest: &Digest) -> Checksum<'_> {
    let algorithm = match digest.algorithm() {
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    };
    Checksum { algorithm, checksum_value: digest.hex() }
}

fn declared(licence: &str) -> Cow<'_, str> {
    match licence::is_expression(licence) {
        true => licence.into(),
        false => licence_id(licence).into(),
    }
}

fn licence_id(licence: &str) -> String {
    format!("LicenseRef-{}", short(licence))
}

fn purpose(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Bundle | ItemKind::Component | ItemKind::Program => "APPLICATION",
        ItemKind::File | ItemKind::Manifest | ItemKind::Chart => "FILE",
        ItemKind::Image | ItemKind::PlatformImage => "CONTAINER",
        ItemKind::Attestation => "OTHER",
        ItemKind::Package | ItemKind::Module => "LIBRARY",
    }
}

fn purl(purl: &str) -> ExternalRef<'_> {
    ExternalRef { category: "PACKAGE-MANAGER", kind: "purl", locator: purl }
}

/// What SPDX has no field for, and what could not be read.
fn comment(item: &Item) -> Option<String> {
    let facts = item.properties.iter().map(|(name, value)| format!("{name}={value}"));
    let unread = item.unread.iter().map(|why| format!("bottari:not-read={why}"));
    let lines: Vec<_> = facts.chain(unread).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn relationships(graph: &Graph) -> Vec<Relationship> {
    let describes =
        Relationship { from: DOCUMENT.to_owned(), kind: "DESCRIBES", to: id(graph.root().0) };
    let contains = graph.items().flat_map(|(reference, _)| {
        graph.parts(reference).map(move |part| Relationship {
            from: id(reference),
            kind: "CONTAINS",
            to: id(part),
        })
    });
    std::iter::once(describes).chain(contains).collect()
}

/// The words of licences that SPDX has no name for.
fn extracted(graph: &Graph) -> Vec<ExtractedLicence<'_>> {
    let licences = graph.items().filter_map(|(_, item)| item.licence.as_deref());
    let foreign = licences.filter(|licence| !licence::is_expression(licence));
    let foreign: BTreeMap<_, _> = foreign.map(|licence| (licence_id(licence), licence)).collect();
    let extract =
        |(license_id, text)| ExtractedLicence { license_id, extracted_text: text, name: text };
    foreign.into_iter().map(extract).collect()
}
