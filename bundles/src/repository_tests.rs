//! Repositories of OS packages inside a bundle.

use crate::{
    Acceptance, Bundle, BundlePlan, Repository, RepositoryContent, RepositoryFile, Reuse,
    attack::Hostile,
    format::manifest::BundleManifest,
    sha256,
    testing::{Key, Written, options, sample, written},
    write,
};
use manifests::event::Silent;
use std::{collections::BTreeMap, fs};

const RELEASE: &[u8] = b"Suite: bottari\n";

/// One package, which is a blob of the lockfile, and what is made of it.
fn repository(system: &str) -> Repository {
    let (lockfile, _) = sample();
    let made = |bytes: &[u8]| RepositoryContent::Made {
        bytes: bytes.to_vec(),
        media_type: "text/plain; charset=utf-8",
    };
    let package = RepositoryContent::Carried(lockfile.files[0].digest.clone());
    let files = [
        ("dists/bottari/Release", made(RELEASE)),
        ("dists/bottari/main/binary-amd64/Packages", made(&[b'a'; 9000])),
        ("pool/00/kubectl_1_amd64.deb", package),
    ];
    let files: BTreeMap<_, _> = files.map(|(path, content)| (path.to_owned(), content)).into();
    Repository { system: system.parse().unwrap(), files, maker: "1.2.3".into() }
}

fn written_with(repositories: &[Repository]) -> Written {
    let (lockfile, blobs) = sample();
    let plan =
        BundlePlan::with_repositories(&lockfile, &lockfile.render(), &[], repositories).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.bottari.tar.zst");
    let key = Key::new();
    let mut draft = write(&plan, &blobs, &path, options(2)).unwrap();
    draft.sign(&key).unwrap();
    draft.finish().unwrap();
    Written { folder, path, key }
}

#[test]
fn a_repository_travels_inside_and_every_file_of_it_is_verified() {
    let written = written_with(&[repository("ubuntu-24.04"), repository("debian-12")]);
    let bundle = written.open().unwrap();
    bundle.verify(2, &Silent).unwrap();
    let repositories = &bundle.manifest().repositories;
    let systems: Vec<_> = repositories.iter().map(|one| one.system.as_str()).collect();
    assert_eq!(systems, ["debian-12", "ubuntu-24.04"]);
    let release = repositories[0].file("dists/bottari/Release").unwrap();
    assert_eq!(*release, sha256(RELEASE));
    assert_eq!(bundle.bytes(release, 100).unwrap(), RELEASE);
    let users = &bundle.blob(release).unwrap().users;
    assert_eq!(
        users.iter().collect::<Vec<_>>(),
        ["debian-12/repository", "ubuntu-24.04/repository"]
    );
    assert!(bundle.manifest().encoder.ends_with(" apt-1.2.3"), "{}", bundle.manifest().encoder);
}

#[test]
fn a_bundle_without_repositories_is_as_it_was_before_there_were_any() {
    let bundle = written().open().unwrap();
    let text = String::from_utf8(bundle.manifest().render()).unwrap();
    assert!(!text.contains("repositories") && !text.contains("apt-"));
    assert_eq!(BundleManifest::parse(text.as_bytes()).unwrap().repositories, []);
}

#[test]
fn a_changed_byte_of_any_file_is_damage() {
    let written = written_with(&[repository("debian-12")]);
    let bundle = written.open().unwrap();
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let whole = written.bytes();
    for file in &bundle.manifest().repositories[0].files {
        let blob = bundle.blob(&file.digest).unwrap();
        let stored: u64 = blob.frames.iter().sum();
        let mut bytes = whole.clone();
        bytes[usize::try_from(start + blob.offset + stored / 2).unwrap()] ^= 1;
        let path = written.folder.path().join("changed");
        fs::write(&path, bytes).unwrap();
        let changed = Bundle::open(&path, Acceptance::Trusted(&written.key.trust())).unwrap();
        let error = changed.verify(2, &Silent).unwrap_err().to_string();
        assert!(changed.bytes(&file.digest, u64::MAX).is_err(), "{}: {error}", file.path);
    }
}

type Change = fn(&mut BundleManifest);

fn file(manifest: &mut BundleManifest) -> &mut RepositoryFile {
    &mut manifest.repositories[0].files[0]
}

#[test]
fn a_signed_list_that_leads_astray_is_refused() {
    let hostile = Hostile(written_with(&[repository("debian-12")]));
    let changes: [(&str, Change); 5] = [
        ("is not the path of a file", |it| file(it).path = "../../etc/shadow".into()),
        ("is not the path of a file", |it| file(it).path = "/etc/shadow".into()),
        ("not sorted, or one is there twice", |it| file(it).path = "zzz".into()),
        ("not sorted, or one is there twice", |it| {
            it.repositories.push(it.repositories[0].clone());
        }),
        ("which is not here", |it| file(it).digest = sha256(b"elsewhere")),
    ];
    for (told, change) in changes {
        let error = hostile.opening(&hostile.changed(change));
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn an_earlier_bundle_with_another_signature_in_it_is_not_the_same() {
    let (lockfile, _) = sample();
    let plan = |repository| {
        BundlePlan::with_repositories(&lockfile, &lockfile.render(), &[], &[repository]).unwrap()
    };
    let earlier = Reuse::new(written_with(&[repository("debian-12")]).open().unwrap()).unwrap();
    assert!(earlier.is_of(&plan(repository("debian-12"))));
    let mut other = repository("debian-12");
    let signature = RepositoryContent::Made { bytes: b"new".into(), media_type: "text/plain" };
    other.files.insert("dists/bottari/Release".into(), signature);
    assert!(!earlier.is_of(&plan(other)));
}

#[test]
fn a_package_that_the_lockfile_lacks_makes_no_bundle() {
    let (lockfile, _) = sample();
    let mut repository = repository("debian-12");
    let stray = RepositoryContent::Carried(sha256(b"elsewhere"));
    repository.files.insert("pool/01/stray_1_amd64.deb".into(), stray);
    let plan = BundlePlan::with_repositories(&lockfile, "", &[], &[repository]);
    let error = plan.unwrap_err().to_string();
    assert!(error.contains("stray_1_amd64.deb") && error.contains("not here"), "{error}");
}
