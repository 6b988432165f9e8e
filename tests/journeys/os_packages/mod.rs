//! OS packages of a release: locked from an archive of our own and from the one of
//! this machine, by the real builder.

mod bases;
mod machine;
mod refusals;
mod site;
mod updates;

use journeys::upstream::sha256;
use site::Site;
use std::fs;

#[test]
fn a_lock_carries_what_the_hosts_lack_and_a_second_one_only_asks() {
    let Some(site) = Site::new() else { return };
    let locked = site.lock("--system sample-1");
    assert_eq!(site.packages(&locked), ["agent 1:2.0-1", "libagent 2.0-1"]);
    let system = &locked.systems[0];
    let list = &system.indexes[0].lists[0];
    assert_eq!(list.path, "main/binary-amd64/Packages.gz", "it is the smallest of so short a list");
    assert_eq!(system.packages[0].from.as_str(), "one/main");
    let source = system.packages[0].source.as_str();
    assert_eq!(source, "https://archive.example/sample/pool/agent_2.0-1_amd64.deb");
    let text = fs::read(site.path("releases/r.lock")).unwrap();
    site.upstream.take_requests();
    site.lock("--system sample-1");
    assert_eq!(fs::read(site.path("releases/r.lock")).unwrap(), text);
    let asked = site.upstream.take_requests();
    assert!(asked.iter().all(|request| request.status == 304), "{asked:?}");
    assert_eq!(asked.len(), 2, "the keys and InRelease: {asked:?}");
}

#[test]
fn without_a_system_nothing_is_asked_and_the_lockfile_is_as_before() {
    let Some(site) = Site::new() else { return };
    let warning = "without OS packages; `--system` takes those for one of: sample-1; `--no-os-packages` says that none is right";
    let said = site.run("lock releases/r.yaml --mirrors mirrors.yaml --quiet");
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    let said = site.run("lock releases/r.yaml --mirrors mirrors.yaml --no-os-packages");
    assert!(!said.stderr.contains("OS packages"), "{}", said.stderr);
    let text = fs::read_to_string(site.path("releases/r.lock")).unwrap();
    assert!(!text.contains("systems:"), "{text}");
    assert_eq!(site.upstream.take_requests(), []);
}

#[test]
fn what_would_be_missed_inside_is_a_warning() {
    let Some(site) = Site::new() else { return };
    let lock = "lock releases/r.yaml --mirrors mirrors.yaml --quiet";
    let said = site.run(&format!("{lock} --system sample-1 --on 2100-01-01"));
    assert!(
        said.stderr.contains("the newest list of `sample-1` for amd64 is of 20"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains(" days ago: its mirror may stand still"), "{}", said.stderr);
    let said = site.run(&format!("{lock} --system sample-1"));
    assert!(!said.stderr.contains("stand still"), "{}", said.stderr);
    let said = site.run(lock);
    let lost = "the lockfile before had OS packages for `sample-1`, this one has none; `--system sample-1` takes them";
    assert!(said.stderr.contains(lost), "{}", said.stderr);
}

#[test]
fn counts_are_told_to_people_and_to_programs() {
    let Some(site) = Site::new() else { return };
    let said = site.run("lock releases/r.yaml --mirrors mirrors.yaml --system sample-1 --json");
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&json["systems"][0]["system"], &json["systems"][0]["packages"]),
        (&"sample-1".into(), &2.into())
    );
    assert!(said.stderr.contains("with 2 OS packages ("), "{}", said.stderr);
    assert!(said.stderr.contains("for `sample-1` on amd64, for hosts with at least `minimal`"));
}

#[test]
fn an_archive_is_read_in_whatever_form_it_has_its_lists() {
    let Some(site) = Site::new() else { return };
    let expected = site.packages(&site.lock("--system sample-1"));
    for (forms, by_hash, beside) in [
        (vec![".gz"], true, false),
        (vec![""], false, false),
        (vec!["", ".gz"], false, true),
        (vec![".xz"], true, true),
    ] {
        let said = format!("{forms:?} {by_hash} {beside}");
        site.publish(|words| {
            (words.forms, words.by_hash, words.beside) = (forms, by_hash, beside);
            words.date = "1 hour ago".into();
        });
        let locked = site.lock("--system sample-1");
        assert_eq!(site.packages(&locked), expected, "{said}");
        let file = if beside { "Release" } else { "InRelease" };
        assert!(locked.systems[0].indexes[0].url.path().ends_with(&format!("/{file}")), "{said}");
    }
}

#[test]
fn a_list_that_a_mirror_lacks_is_taken_in_another_form() {
    let Some(site) = Site::new() else { return };
    site.forget("main/binary-amd64/Packages.gz");
    let locked = site.lock("--system sample-1");
    assert_eq!(site.packages(&locked).len(), 2);
    assert_eq!(locked.systems[0].indexes[0].lists[0].path, "main/binary-amd64/Packages.xz");
}

#[test]
fn an_empty_list_is_not_asked_for() {
    let Some(site) = Site::new() else { return };
    let empty = sha256(b"").hex().to_owned();
    let lists = "main/binary-amd64/Packages";
    let line = format!(" {empty} 0 extra/{}\n", lists.strip_prefix("main/").unwrap());
    site.sign_word(&(site.plain_word().trim_end().to_owned() + "\n" + &line));
    site.replace("systems/sample-1.yaml", "components: [main]", "components: [main, extra]");
    let locked = site.lock("--system sample-1");
    assert_eq!(locked.systems[0].indexes[0].lists.len(), 2);
    let asked = site.upstream.take_requests();
    assert!(asked.iter().all(|request| !request.path.contains("/extra/")), "{asked:?}");
}

#[test]
fn packages_are_fetched_by_their_digest_into_the_bundle() {
    let Some(site) = Site::new() else { return };
    site.lock("--system sample-1");
    site.build();
    let asked = site.upstream.take_requests();
    let debs = asked.iter().filter(|request| request.path.contains("/pool/")).count();
    assert_eq!(debs, 2, "{asked:?}");
}
