//! Each way in which an archive may lie, be old or be somebody else's: refused by
//! name, and nothing is locked.

use super::site::{Site, place};
use journeys::{
    archive::KEYS,
    upstream::{ALWAYS, Fault},
};
use std::fs;

const LOCK: &str = "--system sample-1";

impl Site {
    /// What is said to an archive that is published so. Nothing may be locked.
    fn refused_as(&self, change: impl FnOnce(&mut journeys::archive::Words)) -> String {
        self.publish(change);
        let refusal = self.refusal(LOCK);
        assert!(!self.path("releases/r.lock").exists(), "{refusal}");
        refusal
    }
}

#[test]
fn a_word_that_is_old_is_refused_with_the_day() {
    let Some(site) = Site::new() else { return };
    let told = site.refused_as(|words| words.valid_until = Some("1 hour ago".into()));
    assert!(told.contains("InRelease` is not believed"), "{told}");
    assert!(told.contains("it was valid until ") && told.contains("exit code 30"), "{told}");
    assert!(told.contains("ask another one with --mirrors FILE"), "{told}");
    let told = site.refused_as(|words| words.date = "2 days".into());
    assert!(told.contains("which is still to come") && told.contains("set the clock"), "{told}");
}

#[test]
fn another_suite_is_refused_with_both_names() {
    let Some(site) = Site::new() else { return };
    site.sign_word(&site.plain_word().replace("Codename: one", "Codename: two"));
    let told = site.refusal(LOCK);
    assert!(told.contains("it is of suite `stable`, `two`, expected `one`"), "{told}");
}

/// As Ubuntu names its pockets: all of one code name, and under one key.
#[test]
fn another_pocket_is_refused_and_its_later_date_forgotten() {
    let Some(site) = Site::new() else { return };
    site.publish(|words| words.suite = "one-updates".into());
    let told = site.refusal(LOCK);
    assert!(told.contains("it is of suite `one-updates`, `one`, expected `one`"), "{told}");
    site.publish(|words| words.date = "3 hours ago".into());
    site.lock(LOCK);
}

#[test]
fn only_the_pinned_key_counts_and_not_when_it_was_taken_back() {
    let Some(site) = Site::new() else { return };
    let other = site.archive.keyring.make("other@example.org", "never");
    let told = site.refused_as(|words| words.signer = Some(other.clone()));
    assert!(told.contains("its signature does not hold"), "{told}");
    assert!(told.contains("compare fingerprints through another channel"), "{told}");
    site.publish(|_| ());
    site.define(&other);
    let told = site.refusal(LOCK);
    assert!(told.contains(&format!("the key file holds no key {other}")), "{told}");
    site.define(&site.archive.key);
    site.archive.keyring.revoke(&site.archive.key);
    site.upstream.put_file(KEYS, site.archive.keyring.public(&site.archive.key));
    let told = site.refusal(LOCK);
    assert!(told.contains("is revoked") && told.contains("take its new key"), "{told}");
}

#[test]
fn a_key_that_has_ended_is_told_with_its_day() {
    let Some(site) = Site::new() else { return };
    let key = &site.archive.key;
    site.archive.keyring.gpg("20240201", &["--quick-set-expire", key, "2024-03-01"]);
    site.upstream.put_file(KEYS, site.archive.keyring.public(key));
    let told = site.refusal(LOCK);
    let ended = format!("key {key} was valid until Fri, 01 Mar 2024");
    assert!(told.contains(&ended) && told.contains("a new key"), "{told}");
}

#[test]
fn a_changed_word_is_refused_also_beside_its_signature() {
    let Some(site) = Site::new() else { return };
    site.publish(|words| words.beside = true);
    let release = site.fetch("Release").replace("Suite: stable", "Suite: staple");
    site.upstream.inject(&place("Release"), ALWAYS, [Fault::Replace(release.into())]);
    let told = site.refusal(LOCK);
    assert!(told.contains("Release` is not believed"), "{told}");
    assert!(told.contains("these are not the bytes that key"), "{told}");
}

#[test]
fn an_archive_does_not_go_back_in_time() {
    let Some(site) = Site::new() else { return };
    site.lock(LOCK);
    site.publish(|words| words.date = "3 hours ago".into());
    let by_cache = site.refusal(LOCK);
    assert!(by_cache.contains("it was rolled back"), "{by_cache}");
    let note = fs::read_dir(site.path("cache/archives")).unwrap().next().unwrap().unwrap();
    let note = note.file_name().into_string().unwrap();
    assert!(by_cache.contains(&format!("{note}` knows of one of")), "{by_cache}");
    assert!(by_cache.contains("when you know that the later day was wrong, remove"), "{by_cache}");
    fs::remove_dir_all(site.path("cache")).unwrap();
    let by_lockfile = site.refusal(LOCK);
    assert!(by_lockfile.contains("the earlier lockfile knows of one of"), "{by_lockfile}");
    assert!(by_lockfile.contains("move the lockfile away"), "{by_lockfile}");
    fs::remove_file(site.path("releases/r.lock")).unwrap();
    fs::remove_dir_all(site.path("cache")).unwrap();
    site.lock(LOCK);
}

#[test]
fn a_list_with_one_byte_changed_is_refused() {
    let Some(site) = Site::new() else { return };
    let by_hash = site.by_hash("main/binary-amd64/Packages.gz");
    site.upstream.inject(&by_hash, ALWAYS, [Fault::WrongBytes]);
    let told = site.refusal(LOCK);
    assert!(told.contains("a list of packages cannot be fetched"), "{told}");
    assert!(told.contains("expected sha256:") && told.contains("exit code 30"), "{told}");
}

#[test]
fn a_list_that_is_damaged_in_the_cache_is_fetched_again() {
    let Some(site) = Site::new() else { return };
    let locked = site.lock(LOCK);
    let list = &locked.systems[0].indexes[0].lists[0];
    let path = site.path("cache").join(list.digest.layout_path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(site.lock(LOCK), locked);
}

#[test]
fn a_list_that_unpacks_to_more_or_less_than_the_archive_says_is_refused() {
    let Some(site) = Site::new() else { return };
    let word = site.plain_word();
    let plain = word.lines().find(|line| line.ends_with(" main/binary-amd64/Packages")).unwrap();
    let bytes = plain.split_whitespace().nth(1).unwrap();
    let real: u64 = bytes.parse().unwrap();
    for said in [real - 1, real + 1] {
        site.sign_word(&word.replace(plain, &plain.replace(bytes, &said.to_string())));
        let told = site.refusal(LOCK);
        assert!(told.contains(&format!("expected {said} bytes when it is unpacked")), "{told}");
        assert!(told.contains("the archive has signed something broken"), "{told}");
    }
}

#[test]
fn a_package_with_one_byte_changed_never_gets_into_a_bundle() {
    let Some(site) = Site::new() else { return };
    let locked = site.lock(LOCK);
    let source = locked.systems[0].packages[0].source.as_str();
    let path = journeys::upstream::file_path(source);
    site.upstream.inject(&path, ALWAYS, [Fault::WrongBytes]);
    site.run("key generate --apt -o apt.key --no-password");
    let told = site.refused(Site::BUILD);
    assert!(told.contains("`sample-1/agent` has changed at its source"), "{told}");
    assert!(told.contains("--update sample-1") && told.contains("exit code 30"), "{told}");
    assert!(!site.path("b").exists());
}

#[test]
fn a_component_or_architecture_that_the_archive_lacks_is_told_with_the_place_to_correct() {
    let Some(site) = Site::new() else { return };
    site.replace("systems/sample-1.yaml", "components: [main]", "components: [main, extra]");
    let told = site.refusal(LOCK);
    assert!(told.contains("suite `one` has no list of packages of `extra` for amd64"), "{told}");
    assert!(told.contains("correct `components`") && told.contains("exit code 20"), "{told}");
}
