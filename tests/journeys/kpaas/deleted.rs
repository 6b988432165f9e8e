//! Any single image that something shows, deleted from its component definition and
//! from the lock: `check` names each file, object and field that asks for it, and
//! nothing else.
//!
//! Every such image is deleted in every choice: the base, each profile (there for
//! this machine's architecture alone, which is half the work), and all profiles
//! together. That is some 170 definitions, locks and checks: about a minute on two
//! cores that have other work too, because the cache is warm.

use super::{
    Works,
    complete::is_shown,
    places::{self, Index},
};
use journeys::{platform::Platform, run::Program};
use manifests::{
    lockfile::{LockedImage, Lockfile},
    yaml,
};
use serde_json::Value;
use std::{env::consts, fs, path::Path};

/// The names of fields that hold an artifact to certain bytes.
const PINS: [&str; 4] = ["published", "checksums", "openpgp", "cosign"];

/// The one image that a rule speaks of by itself.
const CEPH: &str = "quay.io/ceph/ceph:v19.2.3";

#[test]
fn in_the_base_and_in_each_profile_an_image_that_is_lost_is_missed_where_it_stands() {
    let works = Works::open();
    let profiles: Vec<_> = works.platform.profiles().into_iter().map(str::to_owned).collect();
    assert_eq!(profiles.len(), 8, "{profiles:?}");
    let arch = if consts::ARCH == "x86_64" { "amd64" } else { "arm64" };
    let index = Index::of(&works);
    let base = lose_each(&works, &index, &["--arch", arch]);
    assert!(base >= 13, "{base} images");
    let mut more = 0;
    for profile in &profiles {
        more += lose_each(&works, &index, &["--arch", arch, "--profile", profile]) - base;
    }
    assert!(more >= 9, "{more} images of profiles");
}

#[test]
fn of_all_profiles_together_an_image_that_is_lost_is_missed_where_it_stands() {
    let works = Works::open();
    let lost = lose_each(&works, &Index::of(&works), &["--all-profiles"]);
    assert_eq!(lost, 23, "as docs/completeness.md says");
}

/// Takes each image away that something shows, alone; gives their number.
fn lose_each(works: &Works, index: &Index, choices: &[&str]) -> usize {
    let whole = works.lock("whole", choices);
    let shown: Vec<_> = whole.images.iter().filter(|image| is_shown(works, image)).collect();
    for image in &shown {
        let lost = lose(works, image, choices);
        assert_eq!(lost.files, whole.files, "{}", image.name);
        let others = whole.images.iter().filter(|other| other.name != image.name);
        assert!(lost.images.iter().eq(others), "{} {choices:?}", image.name);

        let expected = index.places(&whole, image);
        assert!(!expected.is_empty(), "{}", image.name);
        assert_eq!(places::told(&refused(works)), expected, "{} {choices:?}", image.name);
    }
    shown.len()
}

/// Locks the release into `lost.lock` after an image is gone from its definition.
fn lose(works: &Works, image: &LockedImage, choices: &[&str]) -> Lockfile {
    let folder = works.copy_of_the_data().join("components").join(image.component.as_str());
    let definition = change(&folder.join("component.yaml"), |definition| {
        for contents in definition["versions"].as_object_mut().unwrap().values_mut() {
            if let Some(images) = contents["images"].as_array_mut() {
                images.retain(|other| other["name"] != image.name.to_string());
            }
        }
    });
    let overlay = works.sandbox.path("unpinned.yaml");
    fs::copy(Platform::overlay(), &overlay).unwrap();
    // An overlay that takes away what is not there is a mistake.
    if !has_pin(&definition) {
        change(&overlay, |overlay| {
            let unpinned = overlay["unpinned"].as_array_mut().unwrap();
            unpinned.retain(|one| one["component"] != image.component.as_str());
        });
    }
    let release = "data/releases/kpaas-1.7.0.yaml";
    // So is an acknowledgement that nothing needs.
    if image.name.to_string() == CEPH {
        change(&works.sandbox.path(release), |release| {
            let acknowledged = release["acknowledged"].as_array_mut().unwrap();
            acknowledged.retain(|one| one["rule"] != "ceph-support");
        });
    }
    works.lock_overlaid(release, "unpinned.yaml", "lost", choices)
}

/// Writes a file anew; JSON is YAML, too.
fn change(path: &Path, change: impl FnOnce(&mut Value)) -> Value {
    let mut value: Value = yaml::parse(path, &fs::read_to_string(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
    value
}

fn has_pin(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.iter().any(|(key, child)| PINS.contains(&key.as_str()) || has_pin(child))
        }
        Value::Array(items) => items.iter().any(has_pin),
        _ => false,
    }
}

/// What `check` reports of `lost.lock`, which it must refuse.
fn refused(works: &Works) -> Value {
    let line = ["--json", "-q", "check", "lost.lock", "--offline"];
    let outcome = works.sandbox.run(Program::Builder, &line);
    assert_eq!(outcome.code, Some(20), "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}
