//! Pushes that are cut, stopped and killed in the middle of a blob.

use super::{
    TRUST, counts, office, push,
    registry::{Registry, Settings},
    relay::{Fault, Relay},
};
use journeys::{
    office::{Office, words},
    run::Program,
};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// In the middle of the first of two blobs of 8 MiB.
const MIDDLE: u64 = 6 << 20;

/// What is not lost of it: the rest was on the line.
const KEPT: u64 = 5 << 20;

const ONE_BY_ONE: &str = "--plain-http --jobs 1";

fn start(office: &Office, to: &str, more: &str) -> Child {
    let line = format!("push demo.bundle --to {to} {more} {TRUST}");
    let mut command = office.sandbox.command(Program::Installer, &words(&line));
    command.stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

/// Pushes into a registry until the line is held in the middle of a blob.
fn held(office: &Office, registry: &str) -> (Relay, Child) {
    let relay = Relay::to(registry, Fault::Hold(MIDDLE));
    let child = start(office, &relay.address, ONE_BY_ONE);
    relay.wait_until_held();
    (relay, child)
}

/// Bytes that a push has to send in all.
fn whole(office: &Office, registry: &str) -> u64 {
    counts(office, registry, "--plain-http --dry-run")[3]
}

/// Pushes until the line is held, and asks for an end.
fn stopped(office: &Office, relay: &Relay) {
    let mut child = start(office, &relay.address, "--plain-http --jobs 2");
    relay.wait_until_held();
    signal(&child, "INT");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("stopping: ")));
    relay.release();
    let rest: Vec<_> = said.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("run the same command again")), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("retrying")), "{rest:?}");
}

#[test]
fn a_push_that_is_stopped_goes_on_inside_its_blobs_as_often_as_needed() {
    // More than the buffers of two connections on the way hold, twice.
    let office = office(40);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let relay = Relay::to(&registry.address, Fault::Hold(MIDDLE));
    let to = &relay.address;
    let whole = whole(&office, &registry.address);
    stopped(&office, &relay);
    relay.fail_again(Fault::Hold(KEPT));
    stopped(&office, &relay);
    let sent = counts(&office, to, ONE_BY_ONE)[3];
    assert!(sent < whole - MIDDLE - KEPT + (1 << 20), "sent {sent} of {whole} again");
    // Everything is there, and the registry has checked its digest.
    assert_eq!(counts(&office, to, ONE_BY_ONE)[1..], [0, 0, 0]);
    assert_eq!(std::fs::read_dir(office.path("state/push")).unwrap().count(), 0);
}

#[test]
fn a_line_that_is_cut_is_taken_up_again() {
    let office = office(16);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let relay = Relay::to(&registry.address, Fault::Cut(MIDDLE));
    let outcome =
        office.installer(&format!("push demo.bundle --to {} {ONE_BY_ONE} {TRUST}", relay.address));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("retrying `"), "{}", outcome.stderr);
    assert_eq!(counts(&office, &registry.address, ONE_BY_ONE)[1..], [0, 0, 0]);
}

#[test]
fn a_registry_that_is_overloaded_is_asked_again_and_given_up_in_the_end() {
    let office = office(1);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let pushed = |times, status| {
        let relay = Relay::to(&registry.address, Fault::Refuse(times, status));
        push(&office, &relay.address, ONE_BY_ONE)
    };
    for status in [429, 503] {
        let outcome = pushed(4, status);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("status {status}")), "{}", outcome.stderr);
    }
    let given_up = pushed(u64::MAX, 503);
    assert_eq!(given_up.code, Some(60), "{}", given_up.stderr);
    assert!(given_up.stderr.contains("gave up after 6 attempts"), "{}", given_up.stderr);
    let full = pushed(u64::MAX, 507);
    assert_eq!(full.code, Some(50), "{}", full.stderr);
    assert!(full.stderr.contains("free some space"), "{}", full.stderr);
}

#[test]
fn a_push_that_was_killed_leaves_nothing_that_hinders_the_next() {
    let office = office(16);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let (relay, mut child) = held(&office, &registry.address);
    signal(&child, "KILL");
    child.wait().unwrap();
    relay.release();
    relay.wait_until_idle();
    let remembered = std::fs::read_dir(office.path("state/push")).unwrap().count();
    assert_eq!(remembered, 1, "the upload that was open");
    counts(&office, &relay.address, ONE_BY_ONE);
    assert_eq!(counts(&office, &registry.address, ONE_BY_ONE)[1..], [0, 0, 0]);
    assert_eq!(std::fs::read_dir(office.path("state/push")).unwrap().count(), 0);
}

/// Our own registry, which tells how much it has after any end.
struct Writable(Child);

impl Drop for Writable {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Serves another bundle, and takes pushes.
fn writable(site: &Office) -> (Writable, String) {
    let line =
        format!("serve demo.bundle {TRUST} --listen 127.0.0.1:0 --port-file port --writable own");
    let mut command = site.sandbox.command(Program::Installer, &words(&line));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let registry = Writable(child);
    assert!(said.any(|line| line.contains("serving ")), "the registry did not begin");
    std::thread::spawn(move || said.count());
    let port = String::from_utf8(site.read("port")).unwrap();
    (registry, format!("127.0.0.1:{}", port.trim()))
}

#[test]
fn a_push_that_was_killed_goes_on_inside_the_blob_where_the_registry_keeps_it() {
    let (site, office) = (office(1), office(16));
    let (_registry, address) = writable(&site);
    let to = format!("{address}/own");
    let relay = Relay::to(&address, Fault::Hold(MIDDLE));
    let whole = whole(&office, &to);
    let mut child = start(&office, &format!("{}/own", relay.address), ONE_BY_ONE);
    relay.wait_until_held();
    signal(&child, "KILL");
    child.wait().unwrap();
    relay.release();
    relay.wait_until_idle();
    let sent = counts(&office, &format!("{}/own", relay.address), ONE_BY_ONE)[3];
    assert!(sent < whole - KEPT, "sent {sent} of {whole} again");
    assert_eq!(counts(&office, &to, ONE_BY_ONE)[1..], [0, 0, 0]);
}
