//! What hosts have: named in the release, or brought from the site.

use super::site::Site;
use manifests::lockfile::LockedBase;

/// A paragraph of a status file.
fn installed(name: &str, version: &str) -> String {
    format!(
        "Package: {name}\nStatus: install ok installed\nPriority: required\nMaintainer: a\n\
         Architecture: amd64\nVersion: {version}\nDescription: a sample\n\n"
    )
}

/// The status file of a host with these packages and dpkg.
pub(super) fn host(packages: &[(&str, &str)]) -> String {
    let dpkg = [("dpkg", "1.21")];
    dpkg.iter().chain(packages).map(|(name, version)| installed(name, version)).collect()
}

#[test]
fn a_status_file_takes_the_place_of_the_base_and_takes_the_system() {
    let Some(site) = Site::new() else { return };
    site.write("host", &host(&[("libagent", "2.0-1"), ("libbase", "1.0-1")]));
    let locked = site.lock("--base sample-1=host");
    assert_eq!(site.packages(&locked), ["agent 1:2.0-1", "base-tool 1.0-1"]);
    let LockedBase::Status(files) = &locked.systems[0].base else { panic!("{locked:?}") };
    assert_eq!(files.len(), 1);
}

#[test]
fn what_hosts_of_several_kinds_lack_is_carried_together() {
    let Some(site) = Site::new() else { return };
    site.write("first", &host(&[("libagent", "2.0-1"), ("libbase", "1.0-1")]));
    site.write("second", &host(&[("base-tool", "1.0-1"), ("libbase", "1.0-1")]));
    let locked = site.lock("--base sample-1=first --base sample-1/amd64=second");
    assert_eq!(site.packages(&locked), ["agent 1:2.0-1", "base-tool 1.0-1", "libagent 2.0-1"]);
}

#[test]
fn a_status_file_of_another_host_is_refused() {
    let Some(site) = Site::new() else { return };
    site.write("host", &host(&[]));
    let told = site.refusal("--base sample-1/arm64=host");
    assert!(told.contains("`host`: expected a host of arm64, found one of amd64"), "{told}");
    site.write("arm", &host(&[]).replace("amd64", "arm64"));
    let told = site.refusal("--base sample-1=arm");
    assert!(told.contains("`arm` is of a host of arm64, which is not carried"), "{told}");
    site.write("none", "no status file\n");
    let told = site.refusal("--base sample-1=none");
    assert!(told.contains("lacks the package `dpkg`"), "{told}");
    assert!(told.contains("facts --packages") && told.contains("exit code 20"), "{told}");
    let told = site.refusal("--base other-1=host");
    assert!(told.contains("the release has no packages for `other-1`"), "{told}");
    assert!(site.refusal("--base host").contains("expected SYSTEM=FILE"));
}

#[test]
fn sets_that_are_in_each_others_way_are_named_with_why() {
    let Some(site) = Site::new() else { return };
    let sets = "packages:\n- {set: rivals, names: [rival]}\n- {set: more, names: [unwanted]}\n";
    site.replace("releases/r.yaml", "packages:\n", sets);
    let told = site.refusal("--system sample-1");
    assert!(told.contains("sets `nodes`, `rivals` together cannot be had on `sample-1`"), "{told}");
    assert!(told.contains("rival 1.0-1 would constrain"), "{told}");
    assert!(told.contains("exit code 20"), "{told}");
    site.replace("releases/r.yaml", "[rival]", "[rivl]");
    let told = site.refusal("--system sample-1");
    assert!(told.contains("set `rivals` cannot be had"), "{told}");
    assert!(told.contains("no index has a package `rivl`, the closest is `rival`"), "{told}");
}

#[test]
fn what_the_release_wants_of_a_system_must_be_in_its_definition() {
    let Some(site) = Site::new() else { return };
    site.replace("releases/r.yaml", "base: minimal", "base: server");
    let told = site.refusal("--system sample-1");
    assert!(told.contains("`sample-1` has no base `server`; it has: minimal"), "{told}");
    let told = site.refusal("--system sample-2");
    assert!(told.contains("it has some for: sample-1") && told.contains("exit code 20"), "{told}");
}
