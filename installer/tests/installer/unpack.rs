//! `unpack`: the same files as `tar`, checked, and continued after a stop.

use crate::{
    fixture::{DEMO, Variant, World},
    process::{installer, run},
    skopeo::{has, skipped},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

fn unpack(world: &World) -> crate::process::Said {
    run(world, ["unpack", "-o", "out", "--json", world.bundle.to_str().unwrap()])
}

#[test]
fn the_folder_is_what_stock_tar_makes_of_the_bundle() {
    let world = World::new();
    assert_eq!(unpack(&world).code, 0);
    let ours = files(&world.path("out"));
    assert!(ours.contains_key(Path::new("oci-layout")));
    if has("tar") {
        fs::create_dir(world.path("tar")).unwrap();
        let tar = Command::new("tar")
            .arg("--zstd")
            .arg("-xf")
            .arg(&world.bundle)
            .arg("-C")
            .arg(world.path("tar"))
            .status()
            .unwrap();
        assert!(tar.success());
        fs::remove_file(world.path("tar/bottari.padding")).unwrap();
        assert!(ours == files(&world.path("tar")));
    }
    if has("skopeo") {
        let source = format!("oci:{}:registry.k8s.io/pause:3.10", world.path("out").display());
        let copy = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "-q", &source])
            .arg(format!("dir:{}", world.path("copied").display()))
            .output()
            .unwrap();
        assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
    }
}

#[test]
fn without_a_folder_it_is_named_after_the_release() {
    let world = World::new();
    assert_eq!(run(&world, ["unpack", world.bundle.to_str().unwrap()]).code, 0);
    assert!(world.path("demo-1.3.0/index.json").exists());
}

#[test]
fn a_second_run_keeps_what_is_whole_and_mends_what_is_not() {
    let world = World::new();
    assert_eq!(unpack(&world).code, 0);
    let before = files(&world.path("out"));
    let layer = world.path("out").join(world.release.big.layer().digest.layout_path());
    let pause = world.path("out").join(world.release.pause.layer().digest.layout_path());
    let mut bytes = fs::read(&layer).unwrap();
    bytes[5_000_000] ^= 1;
    fs::write(&layer, bytes).unwrap();
    fs::remove_file(&pause).unwrap();
    fs::write(pause.with_extension("partial"), "left by a killed run").unwrap();
    fs::remove_file(world.path("out/index.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&unpack(&world).stdout).unwrap();
    assert_eq!(json["written"], 2);
    assert_eq!(json["kept"], world.open().manifest().blobs.len() - 2);
    assert!(files(&world.path("out")) == before);
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let world = World::new();
    fs::create_dir(world.path("out")).unwrap();
    fs::write(world.path("out/letter.txt"), "dear").unwrap();
    let said = unpack(&world);
    assert_eq!(said.code, 20);
    assert!(said.stderr.contains("holds something else"), "{}", said.stderr);
    assert_eq!(files(&world.path("out")).len(), 1);
    let newer = world.another("newer", Variant { serial: 4, content: 2, ..DEMO });
    assert_eq!(run(&world, ["unpack", "-o", "new", newer.to_str().unwrap()]).code, 0);
    let mixed = ["unpack", "-o", "new", "--allow-rollback=demo@3", world.bundle.to_str().unwrap()];
    assert_eq!(run(&world, mixed).code, 20);
}

#[test]
fn damage_leaves_only_blobs_that_are_whole() {
    let world = World::new();
    let digest = &world.release.big.layer().digest;
    let damaged = world.damaged(digest, |_| 6_000_000);
    let said = run(&world, ["unpack", "-o", "out", damaged.to_str().unwrap()]);
    assert_eq!(said.code, 40);
    assert!(said.stderr.contains("app/quay.io/app/"), "{}", said.stderr);
    assert!(!world.path("out/index.json").exists());
    assert_whole_blobs(&world);
}

#[test]
fn what_is_intact_of_a_damaged_bundle_can_be_had_on_request() {
    let world = World::new();
    let digest = &world.release.big.layer().digest;
    let damaged = world.damaged(digest, |_| 6_000_000);
    let said = run(&world, ["unpack", "--keep-going", "-o", "out", damaged.to_str().unwrap()]);
    assert_eq!(said.code, 40);
    let told = said.stderr_in(&world);
    insta::assert_snapshot!(&told[told.find("error: ").unwrap()..], @"
    error: `out` holds what is intact; damaged or missing: `k-paas.example.org/app/server:v1`, `quay.io/app/server:v1`
      caused by: bundle `/folder/damaged.bottari.tar.zst` is damaged: bytes 4231185 to 8425489 (part of `app/quay.io/app/server:v1`)
    hint: `bottari-installer verify` names everything that is damaged; bring it again and run the same command again: what is here is kept
    ");
    assert_whole_blobs(&world);
    let index = fs::read_to_string(world.path("out/index.json")).unwrap();
    assert!(index.contains("registry.k8s.io/pause:3.10") && !index.contains("quay.io/app/server"));
    if has("skopeo") {
        let source = format!("oci:{}:registry.k8s.io/pause:3.10", world.path("out").display());
        let copy = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "-q", &source])
            .arg(format!("dir:{}", world.path("copied").display()))
            .output()
            .unwrap();
        assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
    }
    let json: serde_json::Value = serde_json::from_str(&unpack(&world).stdout).unwrap();
    assert_eq!(json["written"], 1, "the rest is kept");
    let index = fs::read_to_string(world.path("out/index.json")).unwrap();
    assert!(index.contains("quay.io/app/server"));
}

/// Blobs are there with their digest or not at all.
fn assert_whole_blobs(world: &World) {
    let files = files(&world.path("out"));
    let blobs = files.iter().filter(|(name, _)| name.starts_with("blobs/sha256"));
    for (name, bytes) in blobs.filter(|(name, _)| name.extension().is_none()) {
        let hex = name.file_name().unwrap().to_str().unwrap();
        assert_eq!(bundles::sha256(bytes).hex(), hex, "{}", name.display());
    }
}

#[test]
fn a_kill_at_any_moment_is_continued() {
    let world = World::new();
    for _ in 0..5 {
        let mut child = installer(&world)
            .args(["unpack", "-j1", "-o", "out"])
            .arg(&world.bundle)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Wherever it is when a new blob has appeared.
        let count = || fs::read_dir(world.path("out/blobs/sha256")).map_or(0, Iterator::count);
        let before = count();
        while count() == before && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole_blobs(&world);
    }
    assert_eq!(unpack(&world).code, 0);
    assert_whole_blobs(&world);
    assert!(
        !files(&world.path("out"))
            .keys()
            .any(|name| name.extension().is_some_and(|e| e == "partial"))
    );
}

/// Needs a small disk, which only root can make.
#[test]
fn a_full_disk_is_one_error_and_more_room_continues() {
    let world = World::new();
    fs::create_dir(world.path("disk")).unwrap();
    let script = "mount -t tmpfs -o size=6m none disk && mkdir disk/out && \
        \"$@\" unpack -j1 -o disk/out demo.bottari.tar.zst; code=$?; \
        find disk/out -name '*.partial' | grep . && exit 99; \
        (cd disk/out/blobs/sha256 && for f in *; do echo \"$f  $f\"; done | sha256sum -c --quiet) || exit 98; \
        mount -o remount,size=100m disk && \"$@\" unpack --quiet -o disk/out demo.bottari.tar.zst || exit 97; \
        exit $code";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_bottari-installer")]);
    let ours = installer(&world);
    for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        command.env(name, value);
    }
    let output = command.current_dir(world.folder.path()).output();
    let Ok(output) = output.as_ref().map_err(ToString::to_string) else {
        skipped("no `unshare`, nothing is proved about full disks");
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("unshare failed") || stderr.contains("permission denied") {
        skipped("no small disk can be made here, nothing is proved about full ones");
        return;
    }
    assert_eq!(output.status.code(), Some(20), "{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.contains("error: the disk is full: `disk/out/blobs/sha256/"), "{stderr}");
}
