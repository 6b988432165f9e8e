//! Every benchmark on the small workload: that every line is there, with a figure.
//! What the figures are depends on the machine.

use journeys::stock;
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// Lines that need a flag which the builder may not have yet.
const PERHAPS: &str = "no cache";

/// Runs a verb; none where a tool is missing, which is said aloud.
fn rows(verb: &str, needed: &[&str], folder: &Path) -> Option<Vec<Value>> {
    for tool in needed {
        stock::tool(tool, folder)?;
    }
    let value = measured(&[verb, "--rounds", "1"], folder);
    assert!(!folder.join("work/scratch").exists(), "nothing but the workload is kept");
    Some(value["rows"].as_array().unwrap().clone())
}

/// Runs the program, and gives what it measured.
fn measured(arguments: &[&str], folder: &Path) -> Value {
    let json = folder.join("result.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bottari-benches"));
    command.args(arguments).args(["--small", "--work"]).arg(folder.join("work"));
    stock::succeed(command.arg("--json").arg(&json));
    let value: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert!(value["machine"]["cores"].as_u64() > Some(0), "{value}");
    value
}

fn name(row: &Value) -> &str {
    row["job"].as_str().unwrap()
}

#[test]
fn every_job_of_a_bundle_has_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let tools = ["skopeo", "docker-registry", "zstd", "curl"];
    let Some(rows) = rows("bundle", &tools, folder.path()) else { return };
    let names: Vec<_> = rows.iter().map(name).collect();
    let expected = [
        "cold create",
        "cold create, no cache",
        "create again",
        "create again, its bytes",
        "create after one image changed",
        "verify",
        "file on disk → every image servable",
        "the same again",
        "bytes written to serve",
        "bytes written by a cold create",
        "the same, no cache",
        "bytes fetched",
        "bytes fetched again",
        "peak memory of build",
        "peak memory of verify",
        "peak memory of serve",
    ];
    assert_eq!(names, expected);
    for row in rows.iter().filter(|row| !name(row).contains(PERHAPS)) {
        assert!(row["figure"].is_number(), "{row}");
    }
    let figure = |job| rows.iter().find(|row| name(row) == job).unwrap()["figure"].as_f64();
    assert_eq!(figure("create again, its bytes"), Some(0.0), "builds are bit-identical");
    assert_eq!(figure("bytes fetched"), Some(1.0), "each byte once");
    assert_eq!(figure("bytes fetched again"), Some(0.0));
}

#[test]
fn every_way_of_reading_has_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let tools = ["skopeo", "docker-registry", "nginx"];
    let Some(rows) = rows("serve", &tools, folder.path()) else { return };
    let names: Vec<_> = rows.iter().map(name).collect();
    let expected = [
        "one blob, HTTP (nginx)",
        "one blob, HTTPS (nginx)",
        "64 clients (docker-registry)",
        "64 clients, errors",
        "peak memory with 64 clients",
    ];
    assert_eq!(names, expected);
    for row in &rows {
        assert!(row["figure"].is_number(), "{row}");
    }
    let errors = rows.iter().find(|row| name(row) == "64 clients, errors").unwrap();
    assert_eq!(errors["figure"], 0.0);
}

#[test]
fn a_bundle_of_many_large_files_stays_within_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let value = measured(&["large"], folder.path());
    let rows = value["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(name).collect();
    assert_eq!(names, ["build --no-cache", "verify", "serve, 8 clients"]);
    for row in rows {
        assert!(row["sample"]["peak"]["resident"].as_u64() > Some(0), "{row}");
        assert_eq!(row["met"], true, "{row}");
        if row["account"].is_null() {
            stock::skipped("no memory group can be made here, so nothing was limited");
        } else {
            assert!(row["account"]["max-usage"].as_u64() <= Some(192 << 20), "{row}");
            assert_eq!(row["account"]["killed"], 0, "{row}");
        }
    }
    let [build, verify, serve] = [0, 1, 2].map(|row| rows[row]["bytes"].as_u64().unwrap());
    assert_eq!((build, serve), (40 * (4 << 20), 40 * (4 << 20)), "each byte once");
    assert_eq!(Some(verify), value["bundle-bytes"].as_u64());
    assert_eq!(fs::read_dir(folder.path().join("work")).unwrap().count(), 0, "nothing is kept");
}
