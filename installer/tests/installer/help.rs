//! What `--help` says, word for word.

use crate::{
    fixture::World,
    process::{installer, said},
};

fn help(world: &World, words: &str) -> String {
    let arguments = words.split_whitespace().chain(["--help"]);
    let said = said(installer(world).args(arguments).env("COLUMNS", "100"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    said.stdout
}

#[test]
fn every_command_explains_itself() {
    let world = World::new();
    for words in [
        "",
        "verify",
        "inspect",
        "unpack",
        "serve",
        "push",
        "gc",
        "import",
        "import kpaas",
        "facts",
        "preflight",
        "plan",
        "apply",
        "status",
        "reset",
        "trust",
        "trust add",
        "trust list",
        "trust remove",
        "completions",
        "man",
    ] {
        let name = format!("help {words}").trim().replace(' ', "-");
        insta::assert_snapshot!(name, help(&world, words));
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = said(installer(&world).args(["completions", shell])).stdout;
        assert!(script.contains("allow-rollback") && script.contains("inspect"), "{shell}");
    }
    assert!(said(installer(&world).arg("man")).stdout.contains("bottari\\-installer"));
    assert_eq!(said(installer(&world).args(["man", "-o", "pages"])).code, 0);
    let mut pages: Vec<_> = std::fs::read_dir(world.path("pages"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    insta::assert_snapshot!(pages.join("\n"));
}
