//! Which keys count, and how they come to count.

use crate::{
    fixture::{Key, World, write_bundle},
    process::{Said, run},
};
use std::{fs, path::Path};

fn trust(world: &World, arguments: &[&str]) -> Said {
    run(world, std::iter::once(&"trust").chain(arguments))
}

#[test]
fn a_key_is_trusted_only_with_the_fingerprint_from_the_paper() {
    let world = World::new();
    fs::remove_file(world.path("trust/test.pub")).unwrap();
    let bundle = world.bundle.to_str().unwrap();
    let nobody = run(&world, ["verify", bundle]);
    assert_eq!(nobody.code, 40);
    world.key.write(&world.path("key.pub"));
    let right = world.key.public().fingerprint().to_string();
    let wrong = right.replace(&right[..1], if right.starts_with('0') { "1" } else { "0" });
    let refused = trust(&world, &["add", "key.pub", "--fingerprint", &wrong]);
    assert_eq!(refused.code, 40);
    assert!(!refused.stderr.contains(&right) && !refused.stdout.contains(&right));
    assert_eq!(run(&world, ["verify", bundle]).code, 40);
    let lower = right.to_lowercase().replace(' ', "");
    assert_eq!(trust(&world, &["add", "key.pub", "--fingerprint", &lower]).code, 0);
    assert_eq!(run(&world, ["verify", bundle]).code, 0);
    let listed = trust(&world, &["list"]);
    assert!(listed.stdout.contains(&right), "{}", listed.stdout);
    let id = world.key.public().id().to_string();
    let json: serde_json::Value =
        serde_json::from_str(&trust(&world, &["list", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["id"], &json[0]["fingerprint"]), (&id.as_str().into(), &right.into()));
    assert_eq!(trust(&world, &["remove", &id]).code, 0);
    assert_eq!(run(&world, ["verify", bundle]).code, 40);
}

#[test]
fn without_a_terminal_the_fingerprint_must_be_given() {
    let world = World::new();
    Key::new().write(&world.path("key.pub"));
    let said = trust(&world, &["add", "key.pub"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("--fingerprint"), "{}", said.stderr);
}

#[test]
fn keys_on_the_command_line_replace_those_of_the_host() {
    let world = World::new();
    let bundle = world.bundle.to_str().unwrap();
    Key::new().write(&world.path("other.pub"));
    world.key.write(&world.path("key.pub"));
    assert_eq!(run(&world, ["verify", bundle]).code, 0);
    assert_eq!(run(&world, ["verify", bundle, "--trust", "other.pub"]).code, 40);
    let both = ["verify", bundle, "--trust", "other.pub", "--trust", "key.pub"];
    assert_eq!(run(&world, both).code, 0);
}

#[test]
fn as_many_trusted_keys_must_have_signed_as_are_required() {
    let world = World::new();
    let second = Key::new();
    second.write(&world.path("trust/second.pub"));
    let bundle = world.bundle.to_str().unwrap();
    let said = run(&world, ["verify", bundle, "--require", "2"]);
    assert_eq!(said.code, 40);
    let both = world.path("both");
    write_bundle(&world.release, &both, &[&world.key, &second]);
    assert_eq!(run(&world, ["verify", both.to_str().unwrap(), "--require", "2"]).code, 0);
    assert_eq!(run(&world, ["verify", bundle, "--require", "0"]).code, 2);
}

/// Every verb refuses a bundle that nobody here trusts, and leaves nothing.
#[test]
fn no_verb_works_without_trust() {
    let world = World::new();
    fs::remove_file(world.path("trust/test.pub")).unwrap();
    Key::new().write(&world.path("trust/other.pub"));
    let bundle = world.bundle.to_str().unwrap();
    for arguments in [
        &["verify", bundle][..],
        &["inspect", bundle],
        &["unpack", bundle, "-o", "out"],
        &["serve", bundle, "--listen=127.0.0.1:0"],
    ] {
        let said = run(&world, arguments);
        assert_eq!((said.code, said.stdout.as_str()), (40, ""), "{arguments:?}");
        assert!(said.stderr.contains("no trusted key signed the bundle"), "{}", said.stderr);
    }
    assert!(!world.path("out").exists() && !world.path("state").exists());
}

/// The dangerous way to open a bundle has a name, and this crate never says it.
#[test]
fn nothing_in_this_crate_accepts_any_signer() {
    let word = ["Any", "Signer"].concat();
    let mut seen = 0;
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            seen += 1;
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains(&word), "{} opens bundles of anybody", path.display());
        }
    }
    assert!(seen > 20, "only {seen} files were looked at");
}
