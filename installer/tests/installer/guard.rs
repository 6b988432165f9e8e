//! What must never be in this program: anything that can fetch from the internet.

use std::process::Command;

/// HTTP clients and resolvers. What is served or pushed here speaks hyper to
/// addresses from the command line.
const FORBIDDEN: [&str; 6] = ["reqwest", "oci-client", "curl", "hickory-resolver", "ureq", "isahc"];

fn tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", "bottari-installer", "-e", "normal"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_download_client_is_in_the_tree() {
    let packages = tree(&["--prefix", "none", "--format", "{p}"]);
    let names: Vec<_> = packages.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"hyper") && names.contains(&"bottari-bundles"), "{packages}");
    for name in FORBIDDEN {
        let way = || tree(&["-i", name]);
        assert!(!names.contains(&name), "`{name}` came into the installer this way:\n{}", way());
    }
}
