//! Volumes in the place of a bundle: read where they lie, and named one by one
//! when something is wrong with them.

use crate::{
    client::get,
    fixture::{DEMO, Variant, World},
    messages::message,
    process::{Said, Serving, run},
    skopeo::has,
};
use bundles::{
    Acceptance, Bundle, CHUNK_SIZE, Cut, Gaps, ResendOptions, SplitOptions, resend, split,
};
use installer::{
    components::{BundleFile, LocalFile},
    steps::Artifacts,
};
use manifests::event::Silent;
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
    slice,
    sync::atomic::AtomicBool,
};

/// What stands in front of the chunks besides the header.
const LABEL: u64 = 48;

/// Splits a bundle into volumes of one chunk, in a folder of their own.
fn split_into(world: &World, bundle: &Path, folder: &str) -> Vec<PathBuf> {
    static GO_ON: AtomicBool = AtomicBool::new(false);
    let folder = world.path(folder);
    fs::create_dir(&folder).unwrap();
    let bundle = Bundle::open(bundle, Acceptance::AnySigner).unwrap();
    let front = bundle.file_size() - bundle.manifest().payload_size + LABEL;
    let cut = Cut::new(&bundle, front + CHUNK_SIZE).unwrap();
    split(
        &bundle,
        cut,
        &folder,
        SplitOptions { parity: 0, jobs: 1, stop: &GO_ON, reporter: &Silent },
    )
    .unwrap()
}

/// The demo bundle in three volumes.
fn world() -> (World, Vec<PathBuf>) {
    let world = World::new();
    let volumes = split_into(&world, &world.bundle, "volumes");
    assert_eq!(volumes.len(), 3);
    (world, volumes)
}

fn flip(volume: &Path, from_end: usize) {
    let mut bytes = fs::read(volume).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    fs::write(volume, bytes).unwrap();
}

fn verify(world: &World, paths: &[&Path]) -> Said {
    run(world, ["verify".as_ref()].into_iter().chain(paths.iter().copied()))
}

#[test]
fn verify_and_inspect_take_volumes_a_folder_or_one_of_them() {
    let (world, volumes) = world();
    let [first, second, third] = [0, 1, 2].map(|n: usize| volumes[n].as_path());
    let folder = world.path("volumes");
    for paths in [&[third, first, second][..], &[&folder], &[second]] {
        let said = verify(&world, paths);
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(said.stdout.contains("MiB in 3 volumes\n"), "{}", said.stdout);
        let name = "bundle `/folder/volumes/demo.bottari.tar.zst` is intact and trusted";
        assert!(said.stderr_in(&world).contains(name), "{}", said.stderr);
    }
    let whole = run(&world, ["inspect", world.bundle.to_str().unwrap()]).stdout;
    let said = run(&world, ["inspect", first.to_str().unwrap()]);
    assert_eq!(said.stdout, whole.replace(" as a bundle", " as a bundle in 3 volumes"));
    let said = run(&world, ["verify", "--json", "volumes"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(json["volumes"], 3);
}

/// Sizes follow the format and not the words.
fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let hide = |word: &str| {
        let digits = word.chars().take_while(char::is_ascii_digit).count();
        if digits > 4 { format!("SIZE{}", &word[digits..]) } else { word.to_owned() }
    };
    words.map(hide).collect()
}

#[test]
fn what_is_wrong_with_volumes_is_told_by_number() {
    let (world, volumes) = world();
    let newer = world.another("newer.bottari.tar.zst", Variant { serial: 4, content: 2, ..DEMO });
    let foreign = split_into(&world, &newer, "newer");
    let mut told = Vec::new();
    let tell = |told: &mut Vec<String>, arguments: &[&str]| {
        told.push(without_sizes(&message(&world, 40, arguments)));
    };
    let second = fs::read(&volumes[1]).unwrap();
    flip(&volumes[1], 100);
    tell(&mut told, &["verify", "--quiet", "volumes"]);
    fs::write(&volumes[1], &second[..second.len() / 2]).unwrap();
    tell(&mut told, &["verify", "--quiet", "volumes"]);
    tell(&mut told, &["serve", "volumes", "--listen", "127.0.0.1:0"]);
    fs::remove_file(&volumes[1]).unwrap();
    tell(&mut told, &["verify", "--quiet", "volumes"]);
    tell(&mut told, &["unpack", "--quiet", "-o", "out", "volumes"]);
    fs::copy(&foreign[1], world.path("volumes/002")).unwrap();
    tell(&mut told, &["verify", "--quiet", "volumes"]);
    fs::remove_file(&volumes[2]).unwrap();
    tell(&mut told, &["verify", "--quiet", "volumes/demo.bottari.tar.zst.001of003"]);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn nothing_is_made_when_volumes_are_refused() {
    let (world, volumes) = world();
    fs::remove_file(&volumes[0]).unwrap();
    fs::write(world.path("cluster.yaml"), "cluster: demo\nhosts:\n- name: a\n  address: 192.0.2.1\n  roles: [control-plane, worker]\n  transport: local\nnetwork: {plugin: calico}\n").unwrap();
    let site = ["-f", "cluster.yaml", "--bundle", "volumes"];
    let before = fs::read_dir(world.folder.path()).unwrap().count();
    for command in [
        &["serve", "volumes", "--listen", "127.0.0.1:0", "--port-file", "port"][..],
        &["unpack", "volumes", "-o", "out"],
        &[&["plan"], &site[..]].concat(),
        &[&["apply", "--yes"], &site[..]].concat(),
        &[&["preflight"], &site[..]].concat(),
    ] {
        let said = run(&world, command);
        assert_eq!(said.code, 40, "{command:?}: {}", said.stderr);
        assert!(said.stderr.contains("volume 1 of 3 is missing"), "{command:?}: {}", said.stderr);
        let after = fs::read_dir(world.folder.path()).unwrap().count();
        assert_eq!(after, before, "{command:?} left something behind");
    }
}

#[test]
fn inspect_names_what_is_missing_and_still_tells_what_it_is() {
    let (world, volumes) = world();
    fs::remove_file(&volumes[0]).unwrap();
    let said = run(&world, ["inspect", "volumes"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: volume 1 of 3 is missing"), "{}", said.stderr);
    assert!(said.stdout.contains("calico.yaml"), "{}", said.stdout);
    // The lockfile lies in the last one.
    fs::remove_file(&volumes[2]).unwrap();
    let said = run(&world, ["inspect", "volumes"]);
    assert_eq!(said.code, 40);
    assert!(said.stdout.starts_with("release    demo 1.3.0, serial 3\n"), "{}", said.stdout);
}

#[test]
fn unpacking_volumes_gives_what_the_bundle_gives() {
    let (world, volumes) = world();
    let mut arguments: Vec<_> = volumes.iter().rev().map(|path| path.to_str().unwrap()).collect();
    arguments.extend(["unpack", "-o", "from-volumes"]);
    arguments.rotate_right(3);
    assert_eq!(run(&world, arguments).code, 0);
    assert_eq!(run(&world, ["unpack", "-o", "whole", world.bundle.to_str().unwrap()]).code, 0);
    let mut diff = Command::new("diff");
    diff.arg("-r").args([world.path("whole"), world.path("from-volumes")]);
    assert!(diff.status().unwrap().success());
}

#[test]
fn a_registry_serves_volumes_from_two_folders_and_finds_damage_in_one() {
    let (world, volumes) = world();
    fs::create_dir(world.path("stick")).unwrap();
    fs::rename(&volumes[1], world.path("stick/two")).unwrap();
    let mut serving = Serving::with(&world, ["volumes", "stick"]);
    serving.wait_for("is intact");
    let digest = &world.release.big.layer().digest;
    let path = format!("/v2/quay.io/app/server/blobs/{digest}");
    let mut whole = Vec::new();
    world.open().copy(digest, &mut whole).unwrap().unwrap();
    assert!(get(serving.address, &path).body == whole);
    if has("skopeo") {
        let source = format!("docker://{}/registry.k8s.io/pause:3.10", serving.address);
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false", &source]);
        let copied = skopeo.arg(format!("dir:{}", world.path("copied").display())).output();
        let copied = copied.unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }
    drop(serving);
    flip(&world.path("stick/two"), 1_000_000);
    let mut serving = Serving::with(&world, ["volumes", "stick"]);
    let line = serving.wait_for("volume 2 of 3 is damaged at");
    assert!(line.starts_with("warning: "), "{line}");
    let cut = get(serving.address, &path);
    assert!(cut.body.len() < cut.promised() && whole.starts_with(&cut.body));
}

#[test]
fn a_registry_names_a_bad_copy_and_serves_the_good_one() {
    let (world, volumes) = world();
    let copy = world.path("copy");
    fs::copy(&volumes[1], &copy).unwrap();
    flip(&volumes[1], 1_000_000);
    let mut serving = Serving::with(&world, ["volumes", "copy"]);
    let line = serving.wait_for("volume 2 of 3 is damaged at");
    assert!(line.ends_with("; copies of it hold every byte"), "{line}");
    serving.wait_for("is intact");
    let digest = &world.release.big.layer().digest;
    let answer = get(serving.address, &format!("/v2/quay.io/app/server/blobs/{digest}"));
    assert_eq!(bundles::sha256(&answer.body), *digest);
    assert_eq!(get(serving.address, "/healthz").json()["status"], "intact");
}

#[test]
fn a_host_gets_the_very_bytes_of_a_bundle_that_pieces_mend() {
    let (world, _) = world();
    let damaged = world.path("damaged.bundle");
    fs::copy(&world.bundle, &damaged).unwrap();
    flip(&damaged, 1_000_000);
    let open =
        |paths: &[PathBuf]| Bundle::open_one(paths, Acceptance::AnySigner, Gaps::Tell).unwrap();
    let list = open(slice::from_ref(&damaged)).survey(1, &Silent).resend_list().unwrap();
    let options = ResendOptions { limit: None, stop: &AtomicBool::new(false), reporter: &Silent };
    let pieces = resend(&world.open(), &list, &world.path(""), options).unwrap();
    let mended = open(&[damaged, pieces[0].clone()]);
    let BundleFile::InVolumes { sha256, size } = BundleFile::read(&mended).unwrap() else {
        panic!("the damaged file alone is not it");
    };
    let whole = LocalFile::read(&world.bundle).unwrap();
    assert_eq!((&sha256, size), (&whole.sha256, whole.size));
}

#[test]
fn a_host_gets_the_very_bytes_of_the_bundle() {
    let (world, volumes) = world();
    let bundle = Bundle::open_one(&volumes, Acceptance::AnySigner, Gaps::Refuse).unwrap();
    let BundleFile::InVolumes { sha256, size } = BundleFile::read(&bundle).unwrap() else {
        panic!("it lies in volumes");
    };
    let whole = LocalFile::read(&world.bundle).unwrap();
    assert_eq!((&sha256, size), (&whole.sha256, whole.size));
    // A plan that was made of volumes goes on with the whole file.
    for bundle in [bundle.clone(), world.open()] {
        let mut sent = Vec::new();
        let content = vec![bundle].whole(size).unwrap();
        content.open().unwrap().read_to_end(&mut sent).unwrap();
        assert!(sent == fs::read(&world.bundle).unwrap());
    }
    assert!(Vec::from(slice::from_ref(&bundle)).whole(size + 1).is_none());
    flip(&volumes[1], 100);
    assert!(
        vec![bundle].whole(size).unwrap().open().unwrap().read_to_end(&mut Vec::new()).is_err()
    );
}
