//! What a security desk reads is what it says to be: bills of materials are valid
//! by the official schemas of their formats, the report is HTML without an error
//! and its facts are those that are documented. Outside tools judge, which hold the
//! schemas themselves.

use crate::{
    documented::assert_documented,
    kpaas::Works,
    office::{Office, words},
};
use journeys::{
    fixtures::{ImageBuilder, Layer, TarFile, index, media, tar},
    run::{Program, Sandbox},
    stock,
};
use serde_json::Value;
use std::{env, fs, path::Path};

/// A package of Debian and one of Alpine, named, versioned and licensed as theirs
/// can be.
const DPKG: &str = "Package: libstdc++6\nStatus: install ok installed\nArchitecture: amd64\n\
                    Source: gcc-12 (12.2.0-14)\nVersion: 1:12.2.0~rc1-14+deb12u1\n\n";
const APK: &str = "P:so:lib_x\nV:1.2.5-r0\nA:x86_64\nL:GPL-2.0-or-later AND (MIT OR custom) see \"x\"\n\n\
                   P:musl\nV:1.2.5-r9\nA:x86_64\nL:MIT\n\n";

/// What the outside tool holds against a file; nothing where there is no such tool.
fn errors(sandbox: &Sandbox, rules: &str, file: &str) -> Option<String> {
    let mut validator = stock::validator(rules, &sandbox.path("home"))?;
    let output = validator.arg(sandbox.path(file)).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let has_judged = output.status.success() == said.is_empty() && !said.contains("Traceback");
    assert!(has_judged, "{rules}: {said}");
    Some(said)
}

fn assert_valid(sandbox: &Sandbox, rules: &str, file: &str) {
    let Some(errors) = errors(sandbox, rules, file) else { return };
    assert!(errors.is_empty(), "{file} by the rules of {rules}: {errors}");
}

fn run(sandbox: &Sandbox, line: &str) -> String {
    let outcome = sandbox.run(Program::Builder, &words(line));
    assert!(matches!(outcome.code, Some(0 | 10)), "{line}: {}", outcome.stderr);
    outcome.stdout
}

/// The list of what is in a bundle in both formats, each valid and the one that the
/// bundle carries.
fn lists(sandbox: &Sandbox, bundle: &str) -> [String; 2] {
    [("cyclonedx", "components"), ("spdx", "packages")].map(|(format, list)| {
        let (file, line) =
            (format!("{format}.json"), format!("-q sbom {bundle} --trust release.pub"));
        run(sandbox, &format!("{line} --format {format} -o {file}"));
        assert_valid(sandbox, format, &file);
        let bytes = fs::read(sandbox.path(&file)).unwrap();
        let carried = format!("{line} --format {format}");
        let carried = sandbox.run(Program::Installer, &words(&carried)).stdout;
        assert!(carried.as_bytes() == bytes, "{bundle} carries another {file}");
        serde_json::from_slice::<Value>(&bytes).unwrap()[list].to_string()
    })
}

/// The report of a bundle: a page in both languages without an error, and facts.
fn report(sandbox: &Sandbox, bundle: &str, more: &str) -> Value {
    let line = format!("report {bundle} --trust release.pub --on 2026-11-21 {more}");
    let facts = run(sandbox, &format!("-q --json {line} -o page.html"));
    assert_valid(sandbox, "html", "page.html");
    serde_json::from_str(&facts).unwrap()
}

/// An office whose release has an image with packages of Debian and Alpine and a Go
/// program in it.
fn office(program: &[u8]) -> Office {
    let office = Office::open();
    let layer = |path: &str, bytes: &[u8]| Layer::plain(&tar(&[TarFile::program(path, bytes)]));
    let of = |arch: &str| {
        let image = ImageBuilder::new(arch).layer(layer("var/lib/dpkg/status", DPKG.as_bytes()));
        let image = image.layer(layer("lib/apk/db/installed", APK.as_bytes()));
        image.layer(layer("usr/bin/program", program)).build()
    };
    let images = vec![("linux/amd64", of("amd64")), ("linux/arm64", of("arm64"))];
    let name = "registry.example.org/network/watch:v1.4.2".parse().unwrap();
    office.upstream.put_image(&name, &index(media::INDEX, images));
    office
}

/// A real one, where it is installed.
fn go_program() -> Option<Vec<u8>> {
    stock::tool("skopeo", Path::new("/"))?;
    env::split_paths(&env::var_os("PATH")?).find_map(|folder| fs::read(folder.join("skopeo")).ok())
}

fn build(office: &Office) {
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let line = "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle";
    office.builder(line);
}

#[test]
fn documents_of_a_bundle_with_packages_and_programs_are_valid() {
    let Some(program) = go_program() else { return };
    let office = office(&program);
    build(&office);
    for list in lists(&office.sandbox, "demo.bundle") {
        for name in ["pkg:deb/debian/libstdc", "pkg:apk/alpine/so", "pkg:golang/stdlib@"] {
            assert!(list.contains(name), "{name}: {list}");
        }
    }
    fs::rename(office.path("demo.bundle"), office.path("before.bundle")).unwrap();
    let (url, _) = office.demo.files.iter().find(|(url, _)| url.contains("cni-plugins")).unwrap();
    office.upstream.put_file(url, b"other plugins".to_vec());
    build(&office);
    assert_documented(&report(&office.sandbox, "demo.bundle", "--since before.bundle"));
}

#[test]
fn documents_of_the_whole_platform_are_valid() {
    let works = Works::open();
    let lockfile = works.bundle();
    for list in lists(&works.sandbox, "kpaas.bundle") {
        let digests = lockfile.images.iter().map(|image| image.digest.hex());
        let missing: Vec<_> = digests.filter(|digest| !list.contains(digest)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
    let facts = report(&works.sandbox, "kpaas.bundle", "");
    assert!(facts["warnings"].as_array().unwrap().len() > 10, "{}", facts["warnings"]);
    assert_documented(&facts);
}

#[test]
fn a_document_with_one_mistake_is_refused() {
    let office = Office::with_bundle();
    lists(&office.sandbox, "demo.bundle");
    report(&office.sandbox, "demo.bundle", "");
    for (rules, file, right, wrong) in [
        ("cyclonedx", "cyclonedx.json", r#""type": "container""#, r#""type": "vessel""#),
        ("cyclonedx", "cyclonedx.json", r#""bomFormat""#, r#""format""#),
        ("spdx", "spdx.json", r#""downloadLocation""#, r#""location""#),
        ("spdx", "spdx.json", r#""SHA256""#, r#""SHA-256""#),
        ("spdx", "spdx.json", r#""SPDXRef-bundle"#, r#""SPDXRef_bundle"#),
        ("html", "page.html", "</table>", "</tabel>"),
    ] {
        let text = fs::read_to_string(office.path(file)).unwrap();
        assert!(text.contains(right), "{right} in {file}");
        fs::write(office.path("wrong.json"), text.replacen(right, wrong, 1)).unwrap();
        let Some(errors) = errors(&office.sandbox, rules, "wrong.json") else { return };
        assert!(!errors.is_empty(), "{wrong} instead of {right} in {file}");
    }
}
