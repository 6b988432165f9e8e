//! What every document promises, and what its format demands.

use crate::shelf::{OS_RELEASE, STATUS, Seen, Shelf, go_program, layer, status};
use journeys::stock;
use serde_json::Value;
use std::{collections::BTreeSet, fs};

fn shelf() -> Shelf {
    let system = OS_RELEASE.1.as_bytes();
    let base = layer(&[(OS_RELEASE.0, system), (STATUS, &status(&["libc6", "odd name/@?"]))]);
    let program = go_program("path\ta.io/t\nmod\ta.io/t\t(devel)\t\ndep\tb.io/u\tv1\th1:x=\n", 0);
    Shelf::default()
        .licence("Apache-2.0")
        .file("tool", program.clone())
        .image("r.io:5000/some/one:v1", vec![base.clone(), layer(&[("t", &program)])])
        .image("r.io:5000/some/two:v1", vec![base])
}

fn seen() -> Seen {
    shelf().seen()
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn the_same_bytes_give_the_same_document_on_any_number_of_threads() {
    let first = shelf().look(1, None).unwrap().documents;
    for jobs in [1, 2, 8] {
        assert_eq!(shelf().look(jobs, None).unwrap().documents, first);
    }
}

#[test]
fn another_lockfile_has_another_name() {
    let other = Shelf::default().seen();
    assert_ne!(seen().cyclonedx()["serialNumber"], other.cyclonedx()["serialNumber"]);
    assert_ne!(seen().spdx()["documentNamespace"], other.spdx()["documentNamespace"]);
}

#[test]
fn cyclonedx_names_everything_once_and_points_at_what_is_there() {
    let document = seen().cyclonedx();
    assert_eq!(
        (&document["bomFormat"], &document["specVersion"]),
        (&"CycloneDX".into(), &"1.6".into())
    );
    let mut names = texts(&document["components"], "bom-ref");
    names.push(document["metadata"]["component"]["bom-ref"].as_str().unwrap());
    let unique: BTreeSet<_> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len());
    let from: BTreeSet<_> = texts(&document["dependencies"], "ref").into_iter().collect();
    assert_eq!(from, unique);
    for dependency in document["dependencies"].as_array().unwrap() {
        let to = dependency["dependsOn"].as_array().into_iter().flatten();
        assert!(to.into_iter().all(|name| unique.contains(name.as_str().unwrap())));
    }
    for component in document["components"].as_array().unwrap() {
        assert!(component["type"].is_string() && component["name"].is_string());
    }
}

#[test]
fn packages_for_hosts_are_listed_by_the_name_that_scanners_know_with_their_digest() {
    let seen = Shelf::default().packages().seen();
    let document = seen.cyclonedx();
    let packages = document["components"].as_array().unwrap();
    let package = packages.iter().find(|item| item["name"] == "conntrack").unwrap();
    assert_eq!(package["version"], "1:1.4.7-1+b2");
    let purl = "pkg:deb/debian/conntrack@1:1.4.7-1%2Bb2?arch=amd64&distro=debian-12";
    assert_eq!(package["purl"], purl);
    let digest = bundles::sha256(b"conntrack");
    assert_eq!(package["hashes"][0]["content"], digest.hex());
    assert!(seen.spdx().to_string().contains(digest.hex()));
    assert_eq!(packages.len(), 2, "nothing of a package is looked into: {packages:?}");
}

#[test]
fn spdx_names_everything_once_and_points_at_what_is_there() {
    let document = seen().spdx();
    assert_eq!(
        (&document["spdxVersion"], &document["dataLicense"]),
        (&"SPDX-2.3".into(), &"CC0-1.0".into())
    );
    let names = texts(&document["packages"], "SPDXID");
    let unique: BTreeSet<_> = names.iter().copied().chain(["SPDXRef-DOCUMENT"]).collect();
    assert_eq!(unique.len(), names.len() + 1);
    let is_fine = |name: &str| {
        name.strip_prefix("SPDXRef-").is_some_and(|rest| {
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        })
    };
    assert!(unique.iter().all(|name| is_fine(name)));
    let relationships = &document["relationships"];
    let ends = texts(relationships, "spdxElementId")
        .into_iter()
        .chain(texts(relationships, "relatedSpdxElement"));
    assert!(ends.into_iter().all(|name| unique.contains(name)));
    let contained: BTreeSet<_> = texts(relationships, "relatedSpdxElement").into_iter().collect();
    assert_eq!(contained.len(), names.len(), "everything is described or contained");
    for package in document["packages"].as_array().unwrap() {
        for field in
            ["name", "downloadLocation", "licenseDeclared", "licenseConcluded", "copyrightText"]
        {
            assert!(package[field].is_string(), "{field}");
        }
    }
}

/// Texts that no project writes, in every field that comes from outside.
fn strange() -> Shelf {
    let odd = "é\u{7}\u{202e}<&>\"' :/?#[]@!$()*+,;=%41|\\^`{}~";
    let system = format!("ID={odd}\nVERSION_ID={odd}\n");
    let dpkg = status(&[odd, "-", "."]);
    let apk = format!("P:{odd}\nV:{odd}\nA:{odd}\nL:{odd}\n\nP:b\nV:1\nA:x\nL:MIT AND (\n\n");
    let program = go_program(&format!("path\t{odd}\nmod\t{odd}\t{odd}\t{odd}\ndep\t\t\t\n"), 0);
    let layer = layer(&[
        (OS_RELEASE.0, system.as_bytes()),
        (STATUS, &dpkg),
        ("lib/apk/db/installed", apk.as_bytes()),
        ("odd \u{7} program/%", &program),
    ]);
    shelf().licence("'MIT AND ('").image("r.io/odd/one:v1", vec![layer])
}

#[test]
fn outside_tools_find_documents_valid_however_strange_the_texts_are() {
    let folder = tempfile::tempdir().unwrap();
    for seen in [Shelf::default().seen(), seen(), strange().seen()] {
        for (rules, document) in ["cyclonedx", "spdx"].into_iter().zip(&seen.documents) {
            let Some(mut validator) = stock::validator(rules, folder.path()) else { return };
            let file = folder.path().join("document.json");
            fs::write(&file, document).unwrap();
            stock::succeed(validator.arg(file));
        }
    }
}

#[test]
fn every_package_url_can_be_read_again() {
    let document = seen().cyclonedx();
    let components = document["components"].as_array().unwrap();
    let purls: Vec<_> = components.iter().filter_map(|c| c["purl"].as_str()).collect();
    assert!(
        purls.contains(&"pkg:golang/a.io/t")
            && purls.iter().any(|purl| purl.starts_with("pkg:oci/one@sha256:"))
    );
    for purl in purls {
        let parsed: packageurl::PackageUrl<'_> = purl.parse().unwrap();
        assert_eq!(parsed.to_string(), purl);
    }
}

#[test]
fn a_component_has_the_licence_of_its_definition() {
    let document = seen().cyclonedx();
    let components = document["components"].as_array().unwrap();
    let demo = components.iter().find(|c| c["bom-ref"] == "component/demo@v1").unwrap();
    assert_eq!(demo["licenses"][0]["expression"], "Apache-2.0");
    assert_eq!(demo["externalReferences"][0]["url"], "https://d.io/");
}
