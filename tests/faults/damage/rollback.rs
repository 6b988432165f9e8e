//! A bundle that is intact, signed and older than what was used here before.

use super::medium::{Medium, Part, Shape};
use crate::effort::tell;
use journeys::{office::words, run::Program};
use std::fs;

/// Everything that uses a bundle.
const COMMANDS: [&str; 3] = ["verify", "unpack -o out", "serve --listen 127.0.0.1:0"];

/// Puts these files in a folder of their own.
fn put(medium: &Medium, folder: &str, parts: &[Part]) {
    fs::create_dir(medium.sandbox.path(folder)).unwrap();
    for (name, bytes) in parts {
        fs::write(medium.sandbox.path(folder).join(name), bytes).unwrap();
    }
}

#[test]
fn an_older_serial_is_refused_however_it_is_carried() {
    let mut cases = 0;
    for newer in [Shape::Bundle, Shape::Volumes] {
        for older in [Shape::Bundle, Shape::Volumes] {
            let medium = Medium::of(older);
            put(&medium, "newer", Medium::of(newer).others);
            let unpack = "unpack newer -o newest --trust release.pub";
            let used = medium.sandbox.run(Program::Installer, &words(unpack));
            assert_eq!(used.code, Some(0), "{}", used.stderr);
            for command in COMMANDS {
                let line = format!("{command} {} --trust release.pub", medium.named().display());
                let outcome = medium.sandbox.run(Program::Installer, &words(&line));
                assert_eq!(outcome.code, Some(40), "{line}: {}", outcome.stderr);
                let told = "is `demo` serial 1, older than serial 2 seen here";
                assert!(outcome.stderr.contains(told), "{line}: {}", outcome.stderr);
                assert!(!medium.sandbox.path("out").exists(), "{line}");
                medium.holds_nothing_else();
                cases += 1;
            }
        }
    }
    tell(&format!("older serials: {cases} cases"));
}
