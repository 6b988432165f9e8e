//! Bills of materials inside a bundle.

use crate::{
    Kind, SbomDocument, sha256,
    testing::{Written, sample, written, written_with},
};
use manifests::{SbomFormat, event::Silent};

fn document(format: SbomFormat) -> SbomDocument {
    let text = format!("{{\"of\": \"{format}\"}}\n").repeat(1000).into_bytes();
    SbomDocument { format, text, scanner: "1.2.3-4".into() }
}

fn both() -> [SbomDocument; 2] {
    [document(SbomFormat::Cyclonedx), document(SbomFormat::Spdx)]
}

fn names(written: &Written) -> Vec<String> {
    let bundle = written.open().unwrap();
    let names = bundle.manifest().names.iter().filter(|name| name.kind == Kind::Sbom);
    names.map(|name| format!("{} {:?} {}", name.name, name.component, name.size)).collect()
}

#[test]
fn documents_travel_inside_and_come_out_as_they_were() {
    let written = written_with(&sample(), &both());
    let bundle = written.open().unwrap();
    bundle.verify(2, &Silent).unwrap();
    for document in both() {
        assert_eq!(bundle.sbom(document.format).unwrap().unwrap(), document);
    }
    insta::assert_snapshot!(names(&written).join("\n"), @r"
    bottari/sbom-cyclonedx:1.0.0 None 20000
    bottari/sbom-spdx:1.0.0 None 15000
    ");
}

#[test]
fn what_made_the_documents_is_part_of_the_encoder_id() {
    let encoder = |written: &Written| written.open().unwrap().manifest().encoder.clone();
    let (with, without) = (written_with(&sample(), &both()), written());
    assert_eq!(encoder(&with), format!("{} sbom-1.2.3-4", encoder(&without)));
}

#[test]
fn a_bundle_without_documents_has_none() {
    let bundle = written().open().unwrap();
    assert_eq!(bundle.sbom(SbomFormat::Spdx).unwrap(), None);
}

#[test]
fn a_document_is_a_blob_of_the_type_of_its_format() {
    let written = written_with(&sample(), &both());
    let bundle = written.open().unwrap();
    for document in both() {
        let blob = bundle.blob(&sha256(&document.text)).unwrap();
        assert_eq!(blob.media_type, document.format.media_type());
    }
}
