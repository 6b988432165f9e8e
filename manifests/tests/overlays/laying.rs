//! What a release becomes.

use crate::folders::{Folders, site};
use manifests::{
    component::Contents,
    release::{Choice, Release},
};

fn picks(release: &Release) -> Vec<String> {
    let line = |pick: &manifests::release::Pick| {
        let profiles: Vec<_> = pick.profiles.iter().map(ToString::to_string).collect();
        format!("{} {} {}", pick.name, pick.version, profiles.join(" ")).trim_end().to_owned()
    };
    release.components.iter().map(line).collect()
}

fn is_pinned(contents: &Contents) -> bool {
    contents.files.iter().any(|file| file.published.is_some())
}

#[test]
fn a_component_of_the_site_comes_after_those_of_the_release() {
    let folders = Folders::new();
    let (release, catalog) = folders.lay(&[&site("components: [{name: portal, version: v9}]")]);
    assert_eq!(
        picks(&release),
        ["etcd v3", "runtime v2", "runtime v1 edge", "tool v1 edge", "portal v9"]
    );
    let contents = catalog.contents(&release).unwrap();
    assert_eq!(contents[4].1.files[0].url, "https://site.example/portal/v9");
}

#[test]
fn another_version_takes_the_place_and_the_profiles_but_not_the_reason() {
    let folders = Folders::new();
    folders.component("site", "etcd", &["v5"], false);
    folders.component("site", "tool", &["v2"], false);
    let overlay = site("components: [{name: etcd, version: v5}, {name: tool, version: v2}]");
    let (release, catalog) = folders.lay(&[&overlay]);
    assert_eq!(picks(&release), ["etcd v5", "runtime v2", "runtime v1 edge", "tool v2 edge"]);
    assert_eq!(release.components[0].why, None);
    let contents = catalog.contents(&release).unwrap();
    assert_eq!(contents[0].1.files[0].url, "https://site.example/etcd/v5");
    assert_eq!(contents[1].1.files[0].url, "https://main.example/runtime/v2");
}

#[test]
fn one_of_two_versions_is_replaced_by_its_name() {
    let folders = Folders::new();
    folders.component("site", "runtime", &["v0"], false);
    let overlay = site("components: [{name: runtime, version: v0, replaces: v1}]");
    assert_eq!(
        picks(&folders.lay(&[&overlay]).0),
        ["etcd v3", "runtime v2", "runtime v0 edge", "tool v1 edge"]
    );
}

#[test]
fn a_profile_can_be_made_what_every_bundle_has() {
    let overlay = site("components: [{name: tool, version: v1, profiles: []}]");
    let (release, _) = Folders::new().lay(&[&overlay]);
    let base = release.with(&Choice::default()).unwrap();
    assert_eq!(picks(&base), ["etcd v3", "runtime v2", "tool v1"]);
}

#[test]
fn names_exceptions_and_omissions_are_added() {
    let overlay = site(
        "extra-names: [docker.io, registry.site.example]\nexceptions: [{reference: b.io/b, reason: r}]\nomitted: [{what: OpenSSH, why: the site has its own}]",
    );
    let (release, _) = Folders::new().lay(&[&overlay]);
    assert_eq!(release.extra_names, ["docker.io", "registry.site.example"]);
    let exceptions = release.exceptions.iter().map(|one| one.reference.as_str());
    assert_eq!(exceptions.collect::<Vec<_>>(), ["a.io/a", "b.io/b"]);
    let omitted = release.omitted.iter().map(|one| one.what.as_str());
    assert_eq!(omitted.collect::<Vec<_>>(), ["Podman", "OpenSSH"]);
}

#[test]
fn what_a_site_acknowledges_comes_after_what_the_release_does() {
    let folders = Folders::new();
    let one = |rule: &str, reason: &str| {
        site(&format!("acknowledged: [{{rule: {rule}, reason: {reason}}}]"))
    };
    let (release, _) = folders.lay(&[&one("old-door", "r")]);
    assert_eq!(release.acknowledged[0].rule.as_str(), "old-door");
    let more = one("old-door", "s").replace("overlay: site", "overlay: more");
    let twice = folders.refusal(&[&one("old-door", "r"), &more]);
    assert!(twice.contains("acknowledged: `old-door` is listed twice"), "{twice}");
}

#[test]
fn digests_go_away_for_the_named_component_alone_and_the_reason_is_kept() {
    let overlay = site("unpinned: [{component: etcd, reason: built here}]");
    let folders = Folders::new();
    let (release, catalog) = folders.lay(&[&overlay]);
    let contents = catalog.contents(&release).unwrap();
    let pinned: Vec<_> = contents.iter().map(|(_, contents)| is_pinned(contents)).collect();
    assert_eq!(pinned, [false, true, true, false]);
    let laid = &release.overlays[0];
    assert_eq!((laid.name.as_str(), laid.unpinned[0].reason.as_str()), ("site", "built here"));
}

#[test]
fn overlays_are_laid_on_in_their_order() {
    let folders = Folders::new();
    let first = site("components: [{name: etcd, version: v4}]");
    let second = first.replace("site", "later").replace("v4", "v3");
    let (release, _) = folders.lay(&[&first, &second]);
    assert_eq!(release.components[0].version.as_str(), "v3");
    let names: Vec<_> = release.overlays.iter().map(|laid| laid.name.as_str()).collect();
    assert_eq!(names, ["site", "later"]);
}

#[test]
fn what_is_not_taken_is_not_said_to_be_unpinned() {
    let folders = Folders::new();
    folders.component("site", "tool", &["v2"], true);
    let overlay = site(
        "components: [{name: tool, version: v2}]\nunpinned: [{component: tool, reason: built here}]",
    );
    let (release, _) = folders.lay(&[&overlay]);
    let unpinned = |choice| release.with(&choice).unwrap().overlays[0].unpinned.len();
    assert_eq!((unpinned(Choice::All), unpinned(Choice::default())), (1, 0));
}

#[test]
fn a_digest_in_the_name_of_an_image_goes_away_too() {
    let folders = Folders::new();
    folders.put(
        "site/components/mesh/component.yaml",
        "component: mesh\ntitle: t\nhomepage: https://a.io\nlicence: MIT\nversions:\n  v1:\n    images:\n    - name: a.io/mesh:v1@sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9\n",
    );
    let overlay = site(
        "components: [{name: mesh, version: v1}]\nunpinned: [{component: mesh, reason: built here}]",
    );
    let (release, catalog) = folders.lay(&[&overlay]);
    let contents = catalog.contents(&release).unwrap();
    assert_eq!(contents[4].1.images[0].name.to_string(), "a.io/mesh:v1");
}
