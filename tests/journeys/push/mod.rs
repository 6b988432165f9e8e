//! A bundle goes into an existing registry: a real `docker-registry`, judged by
//! its own log and by skopeo.

mod cut;
mod refusals;
mod registry;
mod relay;
mod tls;
mod tokens;

use journeys::{fixtures::Options, office::Office, run::Outcome, stock, upstream::sha256};
use registry::{Registry, Settings};
use serde_json::Value;

const TRUST: &str = "--trust release.pub --state-dir state";

/// An office whose bundle carries every platform, as strict registries want it.
fn office(size_mib: usize) -> Office {
    let office = Office::with(&Options { size_mib, ..Options::default() });
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml --all-platforms");
    office.builder(
        "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
    );
    office
}

fn push(office: &Office, to: &str, more: &str) -> Outcome {
    office.installer(&format!("push demo.bundle --to {to} {TRUST} {more}"))
}

/// Counts of a push that must succeed: blobs there, mounted, sent, and bytes sent.
fn counts(office: &Office, to: &str, more: &str) -> [u64; 4] {
    let outcome = push(office, to, &format!("{more} --json"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    ["there", "mounted", "sent", "sent-bytes"].map(|name| told["blobs"][name].as_u64().unwrap())
}

/// Names with their digests, as the bundle tells them.
fn names(office: &Office) -> Vec<(String, String)> {
    let told = office.installer("inspect demo.bundle --trust release.pub --json").stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let pair = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        (text("name"), text("digest"))
    };
    told["manifest"]["names"].as_array().unwrap().iter().map(pair).collect()
}

/// Whether a request changes nothing.
fn only_asks(request: &str) -> bool {
    request.starts_with("HEAD ") || request == "GET /v2/"
}

#[test]
fn every_name_is_there_with_its_digest_and_a_second_push_sends_nothing() {
    let office = office(3);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let to = format!("{}/site/k8s", registry.address);
    let planned = counts(&office, &to, "--plain-http --dry-run");
    assert!(registry.requests().iter().all(|line| only_asks(line)));
    let first = counts(&office, &to, "--plain-http");
    assert!(first[1] > 0 && first[2] > 0, "{first:?}");
    assert_eq!(planned, first, "a dry run tells what will be done");
    let names = names(&office);
    assert!(names.len() > 10, "{names:?}");
    for (name, digest) in &names {
        let Some(mut skopeo) = stock::tool("skopeo", &office.path("home")) else { return };
        skopeo.args(["inspect", "--raw", "--tls-verify=false"]);
        let raw = stock::succeed(skopeo.arg(format!("docker://{to}/{name}"))).stdout;
        assert_eq!(&sha256(&raw).to_string(), digest, "{name}");
    }
    // Another one on the same data, so that its log holds nothing of the first push.
    drop(registry);
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let second = counts(&office, &format!("{}/site/k8s", registry.address), "--plain-http");
    assert_eq!(second, [first.iter().take(3).sum(), 0, 0, 0]);
    let asked = registry.requests();
    assert!(asked.len() > names.len() && asked.iter().all(|line| only_asks(line)), "{asked:#?}");
}

#[test]
fn skopeo_copies_images_and_files_out_of_the_registry() {
    let office = office(3);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    counts(&office, &registry.address, "--plain-http --jobs 1");
    for (n, (name, _)) in names(&office).iter().enumerate() {
        let Some(mut skopeo) = stock::tool("skopeo", &office.path("home")) else { return };
        skopeo.args(["--insecure-policy", "copy", "--all", "--quiet", "--src-tls-verify=false"]);
        skopeo.arg(format!("docker://{}/{name}", registry.address));
        stock::succeed(skopeo.arg(format!("oci:copy-{n}:copy")).current_dir(office.path(".")));
    }
}

#[test]
fn volumes_give_what_the_bundle_gives() {
    let office = office(16);
    let settings = Settings::default();
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    office.builder("split demo.bundle --volume-size 5MiB -o discs --trust release.pub");
    let whole = counts(&office, &registry.address, "--plain-http");
    let to = format!("{}/again", registry.address);
    let outcome =
        office.installer(&format!("push discs demo.bundle --to {to} {TRUST} --plain-http --json"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(told["blobs"]["sent"].as_u64(), Some(whole[2]));
    assert!(!outcome.stderr.contains("in two bundles"), "{}", outcome.stderr);
}
