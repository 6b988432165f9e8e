//! The report for a security desk, from the bundle to the commands that the desk
//! types.

use crate::office::Office;
use journeys::{run::Program, stock};
use serde_json::Value;
use std::{env, fs, process::Command};

const REPORT: &str = "report demo.bundle --on 2026-11-21";

fn facts(office: &Office, line: &str) -> Value {
    serde_json::from_str(&office.builder(&format!("--json -q {line}")).stdout).unwrap()
}

fn page(office: &Office, name: &str) -> String {
    fs::read_to_string(office.path(name)).unwrap()
}

#[test]
fn a_trusted_bundle_names_its_signer_and_everything_in_it() {
    let office = Office::with_bundle();
    let outcome = office.builder(&format!("{REPORT} --trust release.pub"));
    assert!(outcome.stderr.ends_with("wrote demo.bundle.report.html\n"), "{}", outcome.stderr);
    let facts = facts(&office, &format!("{REPORT} --trust release.pub"));
    assert_eq!(facts["signatures"]["checked"], true);
    let key = &facts["signatures"]["keys"][0];
    assert_eq!(key["trusted"], true);
    let page = page(&office, "demo.bundle.report.html");
    let fingerprint = key["fingerprints"][0].as_str().unwrap();
    assert!(page.contains(fingerprint), "{fingerprint}");
    let size = fs::metadata(office.path("demo.bundle")).unwrap().len();
    assert_eq!(facts["subject"]["size"], size);
    for component in facts["components"].as_array().unwrap() {
        assert!(component["licence"].is_string(), "{component}");
        let files = component["files"].as_array().unwrap();
        for one in files.iter().chain(component["images"].as_array().unwrap()) {
            assert!(page.contains(one["digest"].as_str().unwrap()), "{one}");
        }
    }
    let mut digest = stock::tool("sha256sum", &office.path("home")).unwrap();
    let digest = stock::succeed(digest.arg(office.path("demo.bundle"))).stdout;
    let digest = String::from_utf8(digest).unwrap();
    assert_eq!(facts["subject"]["sha256"], format!("sha256:{}", &digest[..64]));
}

#[test]
fn without_a_key_the_report_says_that_no_signature_was_checked() {
    let office = Office::with_bundle();
    office.builder(&format!("{REPORT} -o page.html"));
    let page = page(&office, "page.html");
    assert!(page.contains("서명을 검증하지 않음") && page.contains("Signatures were NOT checked"));
    let facts = facts(&office, REPORT);
    assert_eq!(facts["signatures"]["checked"], false);
    assert_eq!(facts["signatures"]["keys"][0]["fingerprints"], Value::Array(vec![]));
    assert!(!office.path("demo.bundle.report.html").exists(), "JSON alone is JSON alone");
}

#[test]
fn there_is_no_report_of_a_bundle_that_is_damaged_or_signed_by_nobody_known() {
    let office = Office::with_bundle();
    office.builder("key generate -o other.key --no-password");
    let refusal = office.refusal(&format!("-q {REPORT} --trust other.pub"));
    assert!(refusal.contains("no trusted key signed") && refusal.ends_with("40"), "{refusal}");
    let mut bytes = office.read("demo.bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(office.path("demo.bundle"), bytes).unwrap();
    let refusal = office.refusal(&format!("-q {REPORT} --trust release.pub"));
    assert!(refusal.contains("damaged") && refusal.ends_with("40"), "{refusal}");
    assert!(!office.path("demo.bundle.report.html").exists());
}

/// Runs every command of a report as it stands there, in a folder with nothing but
/// the bundle and the key, and gives what each printed.
fn typed(office: &Office, facts: &Value) -> Vec<(String, String)> {
    let desk = office.path("desk");
    fs::create_dir(&desk).unwrap();
    for file in ["demo.bundle", "release.pub"] {
        fs::copy(office.path(file), desk.join(file)).unwrap();
    }
    let programs = Program::Installer.path();
    let path = format!("{}:{}", programs.parent().unwrap().display(), env::var("PATH").unwrap());
    let mut said = Vec::new();
    for step in facts["verify"].as_array().unwrap() {
        for command in step["commands"].as_array().unwrap() {
            let command = command.as_str().unwrap();
            let tools = ["minisign", "skopeo"].into_iter().filter(|tool| command.starts_with(tool));
            if tools.into_iter().any(|tool| stock::tool(tool, &office.path("home")).is_none()) {
                continue;
            }
            let mut shell = Command::new("sh");
            shell.args(["-euc", command]).current_dir(&desk).env_clear();
            shell.env("PATH", &path).env("HOME", office.path("home"));
            let output = stock::succeed(&mut shell);
            let shows = step["shows"].as_str().unwrap().to_owned();
            said.push((shows, String::from_utf8(output.stdout).unwrap()));
        }
    }
    said
}

#[test]
fn the_commands_of_the_report_hold_when_a_desk_types_them() {
    let office = Office::with_bundle();
    let facts = facts(&office, &format!("{REPORT} --trust release.pub"));
    let said = typed(&office, &facts);
    let of = |shows: &str| said.iter().find(|(its, _)| its == shows).map(|(_, said)| said.as_str());
    assert_eq!(of("file"), Some("demo.bundle: OK\n"));
    assert_eq!(of("blobs"), Some(""));
    let fingerprint = facts["signatures"]["keys"][0]["fingerprints"][0].as_str().unwrap();
    let typed = fingerprint.replace(' ', "").to_lowercase();
    assert!(of("key").unwrap().starts_with(&typed), "{said:?}");
    assert!(of("sums").is_some() && of("verified").is_some(), "{said:?}");
}

#[test]
fn the_commands_of_the_report_find_a_blob_that_was_swapped_with_its_sum() {
    let office = Office::with_bundle();
    let facts = facts(&office, &format!("{REPORT} --trust release.pub"));
    typed(&office, &facts);
    let blobs = facts["verify"].as_array().unwrap();
    let blobs = blobs.iter().find(|step| step["shows"] == "blobs").unwrap();
    let folder = office.path("desk/out/blobs/sha256");
    let blob = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    fs::rename(&blob, blob.with_file_name("ab".repeat(32))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", blobs["commands"][0].as_str().unwrap()]).current_dir(office.path("desk"));
    let output = shell.output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let name = blob.file_name().unwrap().to_str().unwrap();
    assert!(told.contains(&format!("missing: sha256:{name}")), "{told}");
    assert!(told.contains(&format!("{}: FAILED", "ab".repeat(32))), "{told}");
}

#[test]
fn a_later_bundle_tells_what_changed_since_the_one_before() {
    let office = Office::with_bundle();
    fs::rename(office.path("demo.bundle"), office.path("before.bundle")).unwrap();
    let (url, _) = office.demo.files.iter().find(|(url, _)| url.contains("cni-plugins")).unwrap();
    office.upstream.put_file(url, b"other plugins".to_vec());
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    office.builder(
        "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
    );
    let line = format!("{REPORT} --trust release.pub --since before.bundle");
    let changes = facts(&office, &line)["changes"].clone();
    assert_eq!((&changes["checked"], &changes["bytes-new"]), (&Value::Bool(true), &13.into()));
    let [change] = changes["components"].as_array().unwrap().as_slice() else {
        panic!("{changes}")
    };
    assert_eq!(change["items"][0]["change"], "other-bytes");
    office.builder(&line);
    assert!(page(&office, "demo.bundle.report.html").contains("before.bundle"));
}

#[test]
fn a_rule_that_nobody_acknowledged_ends_the_report_with_10_on_its_day() {
    let office = Office::open();
    let rules = "rules:\n- {id: tools-support, says: A year., source: 'https://a.io', read: 2026-11-21, end-of-support: {of: node-tools, ends: {1.33: 2027-01-31}}}\n";
    fs::create_dir_all(office.path("rules")).unwrap();
    fs::write(office.path("rules/demo.yaml"), rules).unwrap();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml --on 2026-11-21");
    let line = "-q report releases/demo.lock -o page.html --lang en --on";
    assert_eq!(office.try_builder(&format!("{line} 2027-01-31")).code, Some(0));
    let outcome = office.try_builder(&format!("{line} 2027-02-01"));
    assert_eq!(outcome.code, Some(10), "{}", outcome.stderr);
    let page = page(&office, "page.html");
    assert!(page.contains("support of 1.33.x ended on 2027-01-31"), "{page}");
    assert!(page.contains("Nobody acknowledged it"), "{page}");
}
