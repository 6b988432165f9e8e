//! Go programs, in images and among the files.

use crate::shelf::{Shelf, elf, go_program, gzip, layer, special, tar};
use builder::sbom::ItemKind;
use tar::EntryType;

const MODULES: &str = "path\texample.org/tool/cmd\nmod\texample.org/tool\tv1.2.3\t\n\
    dep\tgithub.com/Azure/sdk\tv0.1.0\th1:abc=\ndep\tgolang.org/x/net\tv0.1.0\th1:old=\n\
    =>\texample.org/fork/net\tv0.2.0\th1:new=\nbuild\tvcs.revision=1234\nbuild\t-ldflags=\"secret\"\n";

#[test]
fn a_program_lists_its_modules_and_what_replaces_them() {
    let layer = layer(&[("usr/bin/tool", &go_program(MODULES, 0))]);
    let seen = Shelf::default().image("r.io/i:1", vec![layer]).seen();
    assert_eq!(seen.names(ItemKind::Program), ["usr/bin/tool"]);
    assert_eq!(
        seen.purls(ItemKind::Module),
        [
            "pkg:golang/example.org/fork/net@v0.2.0",
            "pkg:golang/example.org/tool@v1.2.3",
            "pkg:golang/github.com/azure/sdk@v0.1.0",
            "pkg:golang/stdlib@1.25.4",
        ]
    );
    let text = String::from_utf8(seen.documents[0].clone()).unwrap();
    assert!(text.contains("h1:new=") && text.contains("vcs.revision=1234"));
    assert!(!text.contains("secret"), "flags may hold anything");
}

#[test]
fn build_info_is_found_wherever_the_data_begins() {
    for before in [0, 16, 100_000, 262_128, 262_144, 1_000_000] {
        let seen = Shelf::default().file("tool", go_program(MODULES, before)).seen();
        assert_eq!(seen.graph.count(ItemKind::Module), 4, "behind {before} bytes");
    }
}

#[test]
fn programs_are_found_in_archives_too() {
    let archive = gzip(&tar(&[("bin/a", &go_program(MODULES, 0)), ("bin/b", b"#!/bin/sh")]));
    let seen = Shelf::default().file("tools.tar.gz", archive).seen();
    assert_eq!(seen.names(ItemKind::Program), ["bin/a"]);
}

#[test]
fn a_hard_link_is_what_it_stands_for() {
    let mut archive = tar(&[("a", &go_program(MODULES, 0))]);
    archive.truncate(archive.len() - 1024);
    archive.extend(special(EntryType::Link, "b", "a"));
    let seen = Shelf::default().image("r.io/i:1", vec![gzip(&archive)]).seen();
    assert_eq!(seen.names(ItemKind::Program), ["a", "b"]);
}

#[test]
fn a_script_in_its_place_hides_a_program() {
    let below = layer(&[("a", &go_program(MODULES, 0))]);
    let above = layer(&[("a", b"#!/bin/sh\n")]);
    let seen = Shelf::default().image("r.io/i:1", vec![below, above]).seen();
    assert_eq!(seen.graph.count(ItemKind::Program), 0);
}

#[test]
fn build_info_of_an_old_go_is_said_to_be_unread() {
    let mut data = b"\xff Go buildinf:\x08\x00".to_vec();
    data.resize(64, 0);
    let seen = Shelf::default().image("r.io/i:1", vec![layer(&[("old", &elf(&data))])]).seen();
    assert!(seen.unread()[0].contains("old: a Go program whose build info is of before Go 1.18"));
}

#[test]
fn a_program_of_another_language_is_none() {
    let seen = Shelf::default().file("tool", elf(&vec![7; 100_000])).seen();
    assert_eq!(seen.graph.count(ItemKind::Module), 0);
    assert_eq!(seen.unread(), [""; 0]);
}
