//! A bundle that holds more than its lockfile says, or something else.

use crate::{markup::text, sample::day};
use builder::{
    build,
    cache::Cache,
    report::{Language, Opened, Reading, ReportError, page, report},
    supply::Supply,
};
use bundles::{SbomDocument, WriteOptions};
use manifests::{Algorithm, ExitCode, Failure, SbomFormat, event::Silent, lockfile::Lockfile};
use std::{cell::RefCell, path::Path, sync::atomic::AtomicBool};
use tempfile::TempDir;

const HEAD: &str = "format: bottari.lock/v1\nrelease: made-up\nversion: '1'\nserial: 1\ntitle: t\narches: [amd64]\ncompression-level: 1\n";

/// A folder in which bundles are built that `build` would not write.
struct Forge {
    folder: TempDir,
    cache: Cache,
    documents: RefCell<Vec<SbomDocument>>,
}

impl Forge {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        Self { folder, cache, documents: RefCell::default() }
    }

    /// From now on a document of this format goes in.
    fn carry(&self, format: SbomFormat) {
        let document = SbomDocument { format, text: b"{}\n".into(), scanner: "1".into() };
        self.documents.borrow_mut().push(document);
    }

    /// A lockfile of these files, whose bytes are their names.
    fn lock(&self, files: &[&str]) -> String {
        let file = |name: &&str| {
            let digest = self.cache.store(name.as_bytes(), Algorithm::Sha256).unwrap();
            let size = name.len();
            format!(
                "- {{kind: file, component: made-up, version: '1', name: {name}, source: 'https://a.io/{name}', size: {size}, digest: '{digest}', media-type: text/plain}}\n"
            )
        };
        format!("{HEAD}files:\n{}images: []\n", files.iter().map(file).collect::<String>())
    }

    /// Opens a bundle that holds what one lockfile lists, and carries the other.
    fn open(&self, holds: &str, carries: &str) -> Result<Opened, ReportError> {
        let lockfile = Lockfile::parse(Path::new("x.lock"), holds).unwrap();
        let (path, stop) = (self.folder.path().join("bundle"), AtomicBool::new(false));
        let options = WriteOptions { jobs: 1, stop: &stop, reporter: &Silent, reuse: None };
        let plan = build::plan(&lockfile, carries, &self.documents.borrow(), &[]).unwrap();
        let landing = build::begin(&plan, &path).unwrap();
        build::pack(landing, Supply::of(&self.cache), None, options).unwrap();
        Opened::open(&path, Reading { keys: Vec::new(), require: 1, jobs: 1 }, &Silent)
    }
}

#[test]
fn a_bundle_that_agrees_with_its_lockfile_is_said_to() {
    let forge = Forge::new();
    let lock = forge.lock(&["one.txt", "two.txt"]);
    let opened = forge.open(&lock, &lock).unwrap();
    let report = report(&opened, None, day("2026-11-21"));
    assert!(report.agreement.unwrap().is_whole());
    let page = page(&report, &[Language::English]);
    assert!(text(&page).contains("and nothing else."));
}

#[test]
fn an_unsigned_bundle_has_no_commands_that_need_a_signature() {
    let forge = Forge::new();
    let lock = forge.lock(&["one.txt"]);
    let opened = forge.open(&lock, &lock).unwrap();
    let report = report(&opened, None, day("2026-11-21"));
    let commands: Vec<_> = report.verify.iter().flat_map(|step| &step.commands).collect();
    assert!(commands.iter().any(|command| command.contains("tar --zstd")));
    assert!(!commands.iter().any(|command| command.contains("KEY.pub")), "{commands:?}");
    assert!(text(&page(&report, &[Language::English])).contains("The bundle is not signed."));
}

#[test]
fn what_lies_in_a_bundle_beside_its_lockfile_is_named() {
    let forge = Forge::new();
    let (both, one) = (forge.lock(&["one.txt", "smuggled.txt"]), forge.lock(&["one.txt"]));
    let opened = forge.open(&both, &one).unwrap();
    let report = report(&opened, None, day("2026-11-21"));
    let agreement = report.agreement.unwrap();
    let names: Vec<_> = agreement.extra_names.iter().map(|stray| stray.name.as_str()).collect();
    assert_eq!(names, ["files/made-up/smuggled.txt:1"]);
    let blobs: Vec<_> = agreement.extra_blobs.iter().map(|stray| stray.name.as_str()).collect();
    assert_eq!(blobs, ["made-up/smuggled.txt"; 2], "the bytes, and the manifest that names them");
    assert_eq!(agreement.missing_names, []);
    let page = page(&report, &[Language::Korean, Language::English]);
    let digest = bundles::sha256(b"smuggled.txt").to_string();
    assert!(page.matches(&digest).count() == 2 && text(&page).contains("differ in 3 places"));
}

#[test]
fn what_a_lockfile_lists_and_a_bundle_lacks_is_named() {
    let forge = Forge::new();
    let (both, one) = (forge.lock(&["one.txt", "two.txt"]), forge.lock(&["one.txt"]));
    let opened = forge.open(&one, &both).unwrap();
    let report = report(&opened, None, day("2026-11-21"));
    let missing = &report.agreement.unwrap().missing_names;
    assert_eq!(missing[0].name, "files/made-up/two.txt:1");
}

#[test]
fn bills_of_materials_that_are_missing_or_not_asked_for_are_named() {
    let forge = Forge::new();
    let plain = forge.lock(&["one.txt"]);
    let asks = plain.replace("files:", "sbom: [cyclonedx]\nfiles:");
    let error = forge.open(&asks, &asks).unwrap_err();
    insta::assert_snapshot!(
        error.to_string().replace(&forge.folder.path().display().to_string(), "FOLDER"),
        @"bundle `FOLDER/bundle` carries no bill of materials in CycloneDX 1.6, and its lockfile asks for one"
    );
    forge.carry(SbomFormat::Cyclonedx);
    let agreement = |lock: &str| {
        let opened = forge.open(lock, lock).unwrap();
        report(&opened, None, day("2026-11-21")).agreement.unwrap().clone()
    };
    assert!(agreement(&asks).is_whole());
    assert_eq!(agreement(&plain).extra_names[0].name, "bottari/sbom-cyclonedx:1");
}

#[test]
fn a_bundle_with_the_lockfile_of_another_release_is_refused() {
    let forge = Forge::new();
    let lock = forge.lock(&["one.txt"]);
    let error = forge.open(&lock, &lock.replace("serial: 1", "serial: 2")).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    let told = error.to_string();
    assert!(
        told.ends_with(
            "claims to be made-up 1, serial 1, and its lockfile is of made-up 1, serial 2"
        ),
        "{told}"
    );
}
