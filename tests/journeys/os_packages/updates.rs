//! What an update moves, and what it leaves alone.

use super::{bases::host, site::Site};
use std::fs;

#[test]
fn an_update_of_a_system_moves_its_packages_and_nothing_else_does() {
    let Some(site) = Site::new() else { return };
    let before = site.lock("--system sample-1");
    site.archive.add("agent", "1:2.1-1", "Depends: libagent (>= 2), base-tool\n");
    site.publish(|words| words.date = "1 hour ago".into());
    site.upstream.take_requests();
    assert_eq!(site.lock("--update nothing"), before);
    assert_eq!(site.upstream.take_requests(), [], "nobody is asked about what stays");
    let said = site.run("lock releases/r.yaml --mirrors mirrors.yaml --update sample-1");
    assert!(said.stderr.contains("changed since it was locked before: sample-1/agent (amd64)"));
    let text = fs::read_to_string(site.path("releases/r.lock")).unwrap();
    assert!(text.contains("version: 1:2.1-1") && !text.contains("1:2.0-1"), "{text}");
}

#[test]
fn an_update_is_refused_where_the_release_wants_other_packages() {
    let Some(site) = Site::new() else { return };
    site.lock("--system sample-1");
    site.replace("releases/r.yaml", "base-tool]", "unwanted]");
    let told = site.refusal("--update nothing");
    assert!(told.contains("the release wants other packages for `sample-1`"), "{told}");
    let locked = site.lock("--update sample-1");
    assert_eq!(site.packages(&locked), ["agent 1:2.0-1", "libagent 2.0-1", "unwanted 1.0-1"]);
    site.replace("releases/r.yaml", "base: minimal", "base: larger");
    let told = site.refusal("--update nothing");
    assert!(told.contains("the release wants another base for `sample-1`"), "{told}");
}

#[test]
fn packages_are_not_kept_on_the_word_of_a_key_that_counts_no_more() {
    let Some(site) = Site::new() else { return };
    let before = site.lock("--system sample-1");
    let (one, other) =
        ("fingerprints: [", "fingerprints: [4D64FEC119C2029067D6E791F8D2585B8783D481] # [");
    site.replace("systems/sample-1.yaml", one, other);
    let told = site.refusal("--update nothing");
    let expected = "the definition of `sample-1` has other archives or keys than is locked";
    assert!(told.contains(expected), "{told}");
    site.replace("systems/sample-1.yaml", other, one);
    assert_eq!(site.lock("--update nothing"), before);
    site.replace("systems/sample-1.yaml", "suites: [one]", "suites: [one, two]");
    let told = site.refusal("--update nothing");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_system_that_is_not_taken_cannot_be_updated() {
    let Some(site) = Site::new() else { return };
    site.lock("");
    let told = site.refusal("--update sample-1");
    assert!(told.contains("no packages are taken for `sample-1`"), "{told}");
    assert!(told.contains("with --system sample-1") && told.contains("exit code 20"), "{told}");
    let told = site.refusal("--update sample-1.04");
    assert!(told.contains("no packages for `sample-1.04`; it has some for: sample-1"), "{told}");
}

#[test]
fn an_update_means_the_status_files_that_were_brought_before() {
    let Some(site) = Site::new() else { return };
    site.write("host", &host(&[("libagent", "2.0-1"), ("libbase", "1.0-1")]));
    let before = site.lock("--base sample-1=host");
    assert_eq!(site.lock("--update sample-1"), before);
    let told = site.refusal("--update nothing --base sample-1=host");
    assert!(told.contains("whose packages are kept as they are locked"), "{told}");
    fs::remove_dir_all(site.path("cache")).unwrap();
    let told = site.refusal("--update sample-1");
    assert!(told.contains("was locked for status files that the cache no longer has"), "{told}");
    assert!(told.contains("with `--base sample-1=FILE`"), "{told}");
    assert_eq!(site.lock("--update sample-1 --base sample-1=host"), before);
}
