//! What ends a push, in the words that the operator reads.

use super::{
    office, push,
    registry::{Registry, Settings},
};
use journeys::{office::Office, run::Outcome};
use std::{fs, net::TcpListener};

fn told(office: &Office, outcome: &Outcome, address: &str) -> String {
    let text = office.sandbox.redact(&outcome.stderr).replace(address, "[REGISTRY]");
    // How many bytes there are depends on the programs that the release is made of.
    let without_size = |line: &str| match line.split_once(" items, ") {
        Some((items, _)) if line.starts_with("pushing: ") => format!("{items} items"),
        _ => line.to_owned(),
    };
    let lines: Vec<_> = text.lines().map(without_size).collect();
    format!("{}\nexit code {}", lines.join("\n"), outcome.code.unwrap())
}

#[test]
fn an_index_without_its_children_is_refused_before_the_first_request() {
    let office = Office::with_bundle();
    // Nobody accepts there: a request would wait, and then be told.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let outcome = push(&office, &format!("{address}/x"), "--plain-http");
    insta::assert_snapshot!(told(&office, &outcome, &address));
    assert!(listener.accept().is_err(), "nobody called");
}

#[test]
fn a_registry_that_takes_nothing_is_told_apart_from_others() {
    let office = office(1);
    let settings = Settings { read_only: true, ..Settings::default() };
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let read_only = push(&office, &format!("{}/x", registry.address), "--plain-http");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = push(&office, &format!("{port}/x"), "--plain-http");
    let not_secure = push(&office, &format!("{}/x", registry.address), "");
    let prefix = push(&office, &format!("{}/Site", registry.address), "--plain-http");
    let [read_only, not_secure, prefix] =
        [&read_only, &not_secure, &prefix].map(|outcome| told(&office, outcome, &registry.address));
    let nobody = told(&office, &nobody, &port.to_string());
    insta::assert_snapshot!([read_only, nobody, not_secure, prefix].join("\n\n"));
}

#[test]
fn logins_are_taken_from_the_usual_files() {
    let office = office(1);
    let settings = Settings { login: true, ..Settings::default() };
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let to = format!("{}/x", registry.address);
    let login =
        |auth: &str| format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, registry.address);
    // me:no and me:pw
    fs::write(office.path("wrong.json"), login("bWU6bm8=")).unwrap();
    let nobody = told(&office, &push(&office, &to, "--plain-http"), &registry.address);
    let wrong = push(&office, &to, "--plain-http --authfile wrong.json");
    let wrong = told(&office, &wrong, &registry.address);
    let missing = push(&office, &to, "--plain-http --authfile missing.json");
    let missing = told(&office, &missing, &registry.address);
    insta::assert_snapshot!([nobody, wrong, missing].join("\n\n"));
    fs::create_dir_all(office.path("home/.docker")).unwrap();
    fs::write(office.path("home/.docker/config.json"), login("bWU6cHc=")).unwrap();
    let outcome = push(&office, &to, "--plain-http");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn a_damaged_bundle_gets_no_name_in_the_registry() {
    let office = office(16);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let mut bytes = office.read("demo.bundle");
    let last = bytes.len() - 100_000;
    bytes[last] ^= 1;
    fs::write(office.path("demo.bundle"), bytes).unwrap();
    let outcome = push(&office, &registry.address, "--plain-http");
    assert_eq!(outcome.code, Some(40), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("is damaged"), "{}", outcome.stderr);
    let named = |line: &String| line.starts_with("PUT ") && line.contains("/manifests/");
    assert!(!registry.requests().iter().any(named));
}
