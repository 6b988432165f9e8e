//! What an operator sees of a running registry: numbers, and a log that is rotated.

use crate::{
    client::{ask, get},
    fixture::World,
    process::Serving,
};
use std::{collections::BTreeMap, fs};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";

/// Reads a page as Prometheus does, and refuses what it would refuse: a sample
/// before its type, a family that comes twice, a sample that comes twice, labels
/// that are not quoted, a value that is no number.
fn samples(page: &str) -> BTreeMap<String, u64> {
    let (mut families, mut samples) = (Vec::new(), BTreeMap::new());
    assert!(page.ends_with('\n'));
    for line in page.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name, rest) = (words.next(), words.next().unwrap(), words.next().unwrap());
            match kind {
                Some("HELP") => assert!(!families.contains(&name), "{name} comes twice"),
                Some("TYPE") => {
                    assert!(["counter", "gauge"].contains(&rest), "{line}");
                    assert_eq!(rest == "counter", name.ends_with("_total"), "{line}");
                    families.push(name);
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        assert_eq!(families.last(), Some(&name), "{line}");
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(plain(name), "{line}");
        let labels = labels.strip_suffix('}').unwrap();
        for label in labels.split_terminator("\",").map(|label| label.trim_end_matches('"')) {
            let (key, value) = label.split_once("=\"").unwrap();
            assert!(plain(key) && !value.contains(['"', '\\']), "{line}");
        }
        assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{line}");
    }
    samples
}

#[test]
fn metrics_count_what_was_served_and_how_far_it_was_checked() {
    let world = World::new();
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let pause = get(serving.address, PAUSE);
    get(serving.address, "/v2/quay.io/other/manifests/1");
    ask(serving.address, "PUT", PAUSE, &[]);
    let page = get(serving.address, "/metrics");
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let all = samples(page.text());
    let requests = |labels: &str| all[&format!("bottari_requests_total{{{labels}}}")];
    assert_eq!(requests("method=\"GET\",route=\"manifest\",status=\"200\""), 1);
    assert_eq!(requests("method=\"GET\",route=\"manifest\",status=\"404\""), 1);
    assert_eq!(requests("method=\"PUT\",route=\"manifest\",status=\"405\""), 1);
    let sent = "bottari_sent_bytes_total{method=\"GET\",route=\"manifest\",status=\"200\"}";
    assert_eq!(all[sent], pause.body.len() as u64);
    // Connections from before may not be closed yet.
    assert!(all["bottari_damages"] == 0 && all["bottari_connections"] >= 1);
    let bundle = "{release=\"demo\",version=\"1.3.0\",serial=\"3\"}";
    let bytes = all[&format!("bottari_bundle_bytes{bundle}")];
    assert_eq!(bytes, world.open().manifest().payload_size);
    assert_eq!(all[&format!("bottari_bundle_checked_bytes{bundle}")], bytes);
    assert_eq!(all[&format!("bottari_bundle_intact{bundle}")], 1);
}

#[test]
fn a_log_that_was_moved_away_begins_anew_when_asked() {
    let world = World::new();
    let (log, moved) = (world.path("access.log"), world.path("access.log.1"));
    let bundle = world.bundle.as_os_str();
    let mut serving = Serving::with(&world, [bundle, "--access-log".as_ref(), log.as_os_str()]);
    get(serving.address, PAUSE);
    fs::rename(&log, &moved).unwrap();
    serving.signal("HUP");
    serving.wait_for("opened the access log again");
    get(serving.address, "/v2/quay.io/other/manifests/1");
    serving.signal("TERM");
    assert!(serving.end().0.success());
    let paths = |path| fs::read_to_string(path).unwrap().lines().count();
    assert_eq!((paths(moved), paths(log)), (1, 1));
}
