//! What is said when a release and an overlay do not go together. Every text is
//! reviewed here.

use crate::folders::{Folders, site};

#[test]
fn mistakes_name_the_file_and_the_field() {
    let folders = Folders::new();
    let lines = [
        "components: [{name: stranger, version: v1}]",
        "components: [{name: etcd, version: v8}]",
        "components: [{name: etcd, version: v3}]",
        "components: [{name: runtime, version: v1}]",
        "components: [{name: runtime, version: v1, replaces: v7}]",
        "components: [{name: portal, version: v9, replaces: v8}]",
        "components: [{name: portal, version: v9}, {name: portal, version: v9}]",
        "components: [{name: portal, version: v9, profiles: [egde]}]",
        "exceptions: [{reference: a.io/a, reason: r}]",
        "exceptions: [{reference: b.io/b, reason: r}, {reference: b.io/b, reason: s}]",
        "omitted: [{what: Podman, why: w}]",
        "unpinned: [{component: stranger, reason: r}]",
        "unpinned: [{component: tool, reason: r}]",
        "unpinned: [{component: etcd}]",
        "unpinend: []",
    ];
    let refusals: Vec<_> = lines.iter().map(|line| folders.refusal(&[&site(line)])).collect();
    insta::assert_snapshot!(refusals.join("\n"), @"
    `[FOLDER]/site/overlays/0.yaml`: components: `stranger` is not defined in `[FOLDER]/site/overlays/../components` or `[FOLDER]/main/releases/../components`
    `[FOLDER]/site/overlays/0.yaml`: components: `etcd` has no version v8; it has: v3, v4
    `[FOLDER]/site/overlays/0.yaml`: components: the release takes `etcd` v3 already
    `[FOLDER]/site/overlays/0.yaml`: components: the release takes `runtime` as v2 and as v1; say which with `replaces: VERSION`
    `[FOLDER]/site/overlays/0.yaml`: components: expected `runtime` v7 in the release, which takes it as v2 and as v1
    `[FOLDER]/site/overlays/0.yaml`: components: expected `portal` v8 in the release, which takes it not at all
    `[FOLDER]/site/overlays/0.yaml`: components: `portal` is listed twice
    `[FOLDER]/site/overlays/0.yaml`: component `portal`: no profile `egde` is declared, only: edge
    `[FOLDER]/site/overlays/0.yaml`: exceptions: `a.io/a` is in the release already
    `[FOLDER]/site/overlays/0.yaml`: exceptions: `b.io/b` is listed twice
    `[FOLDER]/site/overlays/0.yaml`: omitted: `Podman` is in the release already
    `[FOLDER]/site/overlays/0.yaml`: unpinned: `stranger` is not in the release
    `[FOLDER]/site/overlays/0.yaml`: unpinned: `tool` has no published digest to take away
    `[FOLDER]/site/overlays/0.yaml` line 3, column 13: missing field `reason`
    `[FOLDER]/site/overlays/0.yaml` line 3, column 1: unknown field `unpinend`, expected one of overlay, for, title, components, extra-names, exceptions, acknowledged, omitted, unpinned
    ");
}

#[test]
fn an_overlay_for_another_release_is_refused() {
    let refusal = Folders::new().refusal(&["overlay: site\nfor: other\n"]);
    insta::assert_snapshot!(refusal, @"`[FOLDER]/site/overlays/0.yaml`: for: expected release `other`, found `demo`");
}

#[test]
fn an_overlay_is_laid_on_once() {
    let overlay = site("extra-names: [b.io]");
    insta::assert_snapshot!(Folders::new().refusal(&[&overlay, &overlay]), @"`[FOLDER]/site/overlays/1.yaml`: overlay: `site` is laid on already");
}

#[test]
fn what_is_unpinned_already_cannot_be_unpinned_again() {
    let first = site("unpinned: [{component: etcd, reason: built here}]");
    let second = first.replace("overlay: site", "overlay: later");
    insta::assert_snapshot!(Folders::new().refusal(&[&first, &second]), @"`[FOLDER]/site/overlays/1.yaml`: unpinned: `etcd` has no published digest to take away");
}

#[test]
fn a_site_cannot_define_a_version_of_the_release_anew() {
    let folders = Folders::new();
    folders.component("site", "etcd", &["v3"], false);
    insta::assert_snapshot!(folders.refusal(&[&site("")]), @"`[FOLDER]/site/overlays/../components/etcd/component.yaml`: version v3 is defined in `[FOLDER]/main/releases/../components/etcd/component.yaml` too; give it another name");
}
