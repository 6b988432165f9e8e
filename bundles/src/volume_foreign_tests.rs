//! Volumes of something else among those of a bundle: another release, another
//! build of the same, another signer.

use crate::{
    Acceptance, Bundle, Gaps,
    testing::{draft_of, release, text, written_of},
    volume_damage_tests::Volumes,
    volume_tests::{open, split_bundle, split_into},
};
use manifests::{ExitCode, Failure, event::Silent, lockfile::Lockfile};
use std::{fs, path::PathBuf};

/// The volumes of a release with the same key, of another version.
fn foreign(volumes: &Volumes, change: impl FnOnce(&mut Lockfile)) -> Vec<PathBuf> {
    let (mut lockfile, blobs) = release(18_000_000, text(1_000_000), |_| ());
    change(&mut lockfile);
    let path = volumes.written.folder.path().join("other.bottari.tar.zst");
    let mut draft = draft_of(&(lockfile, blobs), &path, 2);
    draft.sign(&volumes.written.key).unwrap();
    draft.finish().unwrap();
    let bundle = Bundle::open(&path, Acceptance::AnySigner).unwrap();
    split_bundle(&bundle, &volumes.written.folder.path().join("foreign"), 1)
}

#[test]
fn a_volume_of_another_release_is_named_with_both() {
    let volumes = Volumes::new();
    let others = foreign(&volumes, |lockfile| {
        (lockfile.version, lockfile.serial) = ("1.1.0".parse().unwrap(), 8);
    });
    let stray = volumes.written.folder.path().join("stray");
    fs::rename(&others[2], &stray).unwrap();
    let told = "is volume 3 of 5 of `sample 1.1.0 (serial 8)`, not of `sample 1.0.0 (serial 7)`";
    let trust = volumes.written.key.trust();
    for missing in [false, true] {
        if missing {
            volumes.remove(3);
        }
        let paths = [volumes.there(), vec![stray.clone()]].concat();
        for gaps in [Gaps::Refuse, Gaps::Tell] {
            let opened = Bundle::open_one(&paths, Acceptance::Trusted(&trust), gaps);
            let error = opened.and_then(|bundle| bundle.verify(2, &Silent)).unwrap_err();
            let text = error.to_string();
            assert_eq!(error.exit_code(), ExitCode::Untrusted);
            assert!(text.contains(told) && text.contains("/stray`"), "{text}");
            assert_eq!(text.contains("volume 3 of 5 is missing"), missing, "{text}");
        }
    }
}

#[test]
fn a_volume_of_the_same_version_that_was_built_differently_is_foreign() {
    let volumes = Volumes::new();
    let others = foreign(&volumes, |lockfile| lockfile.title = "built again".into());
    let paths = [volumes.there(), vec![others[0].clone()]].concat();
    fs::remove_file(&others[1]).unwrap();
    let error = open(&volumes.written, &paths, Gaps::Refuse).unwrap_err();
    let told = "is volume 1 of 5 of `sample 1.0.0 (serial 7), built differently`";
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn a_volume_of_another_signer_is_not_taken_for_a_damaged_one() {
    let volumes = Volumes::new();
    // As alike as can be: the same release, signed by somebody else.
    let (lockfile, blobs) = release(18_000_000, text(1_000_000), |_| ());
    let other = written_of(&(lockfile, blobs));
    let strange = split_into(&other, "volumes", 1);
    let same_manifest =
        open(&volumes.written, &[volumes.there(), strange[..1].to_vec()].concat(), Gaps::Refuse);
    let told = same_manifest.unwrap().faults()[0].to_string();
    assert!(told.contains("volume 1 of 5 is damaged at 0 B"), "{told}");
    let (mut lockfile, blobs) = release(18_000_000, text(1_000_000), |_| ());
    lockfile.title = "one of everythinG".into();
    let another = written_of(&(lockfile, blobs));
    let strange = split_into(&another, "volumes", 1);
    let paths = [volumes.there(), strange[..1].to_vec()].concat();
    let error = open(&volumes.written, &paths, Gaps::Refuse).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    assert!(error.to_string().contains("is none of the volumes: bundle"), "{error}");
    assert!(error.to_string().contains("no trusted key signed"), "{error}");
}

#[test]
fn two_bundles_in_one_folder_find_their_own_volumes() {
    let volumes = Volumes::new();
    let others = foreign(&volumes, |lockfile| lockfile.serial = 8);
    let folder = volumes.written.folder.path().join("both");
    fs::create_dir(&folder).unwrap();
    let ours = split_into(&volumes.written, "ours", 1);
    let both = |paths: &[PathBuf], name: &str| {
        for (number, path) in (1..).zip(paths) {
            fs::copy(path, folder.join(format!("{name}.bottari.tar.zst.{number:03}of005")))
                .unwrap();
        }
        folder.join(format!("{name}.bottari.tar.zst.001of005"))
    };
    let firsts = [both(&ours, "a"), both(&others, "b")];
    let trust = volumes.written.key.trust();
    let found = Bundle::open_all(&firsts, Acceptance::Trusted(&trust), Gaps::Refuse).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|bundle| bundle.verify(2, &Silent).is_ok()));
}
