//! The distribution API and the plain files, request by request.

use crate::{
    client::{Answer, ask, connect, get, read},
    fixture::{KUBECTL_SIZE, World},
    process::Serving,
};
use bundles::{INDEX_TYPE, MANIFEST_TYPE, sha256};
use manifests::Digest;
use std::{fs, io::Write, net::SocketAddr};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";

fn layer_path(world: &World) -> String {
    format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest)
}

fn layer(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    world.open().copy(&world.release.big.layer().digest, &mut bytes).unwrap().unwrap();
    bytes
}

#[test]
fn a_manifest_is_answered_by_tag_by_digest_and_by_every_name() {
    let world = World::new();
    let address = Serving::start(&world);
    let address = address.address;
    let by_tag = get(address, PAUSE);
    assert_eq!(by_tag.status, 200);
    assert_eq!(by_tag.header("content-type"), Some(MANIFEST_TYPE));
    let digest = by_tag.header("docker-content-digest").unwrap().to_owned();
    assert_eq!(digest, sha256(&by_tag.body).to_string());
    let by_digest = get(address, &format!("/v2/registry.k8s.io/pause/manifests/{digest}"));
    assert_eq!(by_digest.body, by_tag.body);
    for path in ["/v2/docker.io/library/nginx/manifests/1.27", "/v2/docker.io/nginx/manifests/1.27"]
    {
        let nginx = get(address, path);
        assert_eq!(nginx.header("content-type"), Some(bundles::DOCKER_MANIFEST_TYPE));
    }
    let alias = get(address, "/v2/k-paas.example.org/app/server/manifests/v1");
    assert_eq!(alias.header("content-type"), Some(INDEX_TYPE));
    assert_eq!(get(address, "/v2/").text(), "{}");
}

#[test]
fn every_name_is_answered_behind_a_prefix_too() {
    let world = World::new();
    let bundle = world.bundle.to_str().unwrap();
    let serving = Serving::with(&world, [bundle, "--prefix", "mirror/site"]);
    for path in ["registry.k8s.io/pause/manifests/3.10", "docker.io/nginx/manifests/1.27"] {
        let plain = get(serving.address, &format!("/v2/{path}"));
        let behind = get(serving.address, &format!("/v2/mirror/site/{path}"));
        assert_eq!((plain.status, behind.status), (200, 200));
        assert!(plain.body == behind.body);
    }
    for path in ["/v2/mirror/registry.k8s.io/pause/manifests/3.10", "/v2/mirror/site/manifests/1"] {
        assert_eq!(get(serving.address, path).error_code(), "NAME_UNKNOWN");
    }
}

#[test]
fn head_tells_what_get_would_send() {
    let world = World::new();
    let serving = Serving::start(&world);
    for path in [PAUSE.to_owned(), layer_path(&world), "/files/kubernetes/amd64/kubectl".into()] {
        let head = ask(serving.address, "HEAD", &path, &[]);
        let get = get(serving.address, &path);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(get.body.len(), get.promised());
        for name in
            ["content-length", "content-type", "etag", "docker-content-digest", "accept-ranges"]
        {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[test]
fn any_part_of_a_blob_can_be_had() {
    let world = World::new();
    let serving = Serving::start(&world);
    let (path, whole) = (layer_path(&world), layer(&world));
    let all = get(serving.address, &path);
    assert!(all.body == whole && all.header("accept-ranges") == Some("bytes"));
    let end = whole.len() - 1;
    for (first, last) in [(0, 0), (4_194_300, 4_194_310), (131_071, 131_072), (end, end), (1, end)]
    {
        let range = format!("bytes={first}-{last}");
        let part = ask(serving.address, "GET", &path, &[("Range", &range)]);
        assert_eq!(part.status, 206);
        assert!(part.body == whole[first..=last], "{range}");
        let expected = format!("bytes {first}-{last}/{}", whole.len());
        assert_eq!(part.header("content-range"), Some(expected.as_str()));
    }
    let outside = ask(serving.address, "GET", &path, &[("Range", "bytes=99999999999-")]);
    assert_eq!(outside.status, 416);
    let expected = format!("bytes */{}", whole.len());
    assert_eq!(outside.header("content-range"), Some(expected.as_str()));
}

#[test]
fn a_client_that_has_a_blob_gets_nothing() {
    let world = World::new();
    let serving = Serving::start(&world);
    let etag = get(serving.address, PAUSE).header("etag").unwrap().to_owned();
    let again = ask(serving.address, "GET", PAUSE, &[("If-None-Match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = ask(serving.address, "GET", PAUSE, &[("If-None-Match", "\"sha256:00\"")]);
    assert_eq!(other.status, 200);
    let resumed = [("If-Range", etag.as_str()), ("Range", "bytes=5-")];
    assert_eq!(ask(serving.address, "GET", PAUSE, &resumed).status, 206);
}

#[test]
fn what_is_not_there_is_told_apart() {
    let world = World::new();
    let serving = Serving::start(&world);
    let pause = &world.release.pause;
    let unknown = sha256(b"unknown");
    let config_as_manifest = pause.layer().digest.clone();
    let cases = [
        ("/v2/registry.k8s.io/other/manifests/1".to_owned(), 404, "NAME_UNKNOWN"),
        ("/v2/pause/manifests/3.10".into(), 404, "NAME_UNKNOWN"),
        ("/v2/library/nginx/manifests/1.27".into(), 404, "NAME_UNKNOWN"),
        (format!("/v2/other/blobs/{}", pause.layer().digest), 404, "NAME_UNKNOWN"),
        ("/v2/registry.k8s.io/pause/manifests/9".into(), 404, "MANIFEST_UNKNOWN"),
        ("/v2/registry.k8s.io/pause/manifests/.WRONG".into(), 404, "MANIFEST_UNKNOWN"),
        (format!("/v2/registry.k8s.io/pause/manifests/{unknown}"), 404, "MANIFEST_UNKNOWN"),
        (
            format!("/v2/registry.k8s.io/pause/manifests/{config_as_manifest}"),
            404,
            "MANIFEST_UNKNOWN",
        ),
        (format!("/v2/registry.k8s.io/pause/blobs/{unknown}"), 404, "BLOB_UNKNOWN"),
        ("/v2/registry.k8s.io/pause/blobs/sha256:..".into(), 400, "DIGEST_INVALID"),
        ("/v2/registry.k8s.io/../pause/manifests/3.10".into(), 400, "NAME_INVALID"),
        ("/v2/registry.k8s.io/%2e%2e/pause/manifests/3.10".into(), 400, "NAME_INVALID"),
        ("/v2/other/tags/list".into(), 404, "NAME_UNKNOWN"),
        ("/v2/other/blobs/uploads/".into(), 404, "NOT_FOUND"),
        ("/v2/_catalog?n=x".into(), 400, "PAGINATION_NUMBER_INVALID"),
        ("/files/../../etc/passwd".into(), 404, "FILE_UNKNOWN"),
        ("/files/etcd/".into(), 404, "FILE_UNKNOWN"),
        ("/source/dl.example.org/".into(), 404, "FILE_UNKNOWN"),
        ("/etc/passwd".into(), 404, "NOT_FOUND"),
    ];
    for (path, status, code) in cases {
        let answer = get(serving.address, &path);
        assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn nothing_can_be_written() {
    let world = World::new();
    let serving = Serving::start(&world);
    for (method, path) in [
        ("POST", "/v2/registry.k8s.io/pause/blobs/uploads/"),
        ("PUT", PAUSE),
        ("PATCH", PAUSE),
        ("DELETE", PAUSE),
        ("DELETE", "/files/calico/calico.yaml"),
        ("OPTIONS", "/v2/"),
        ("BREW", "/v2/"),
    ] {
        let answer = ask(serving.address, method, path, &[]);
        assert_eq!((answer.status, answer.error_code().as_str()), (405, "UNSUPPORTED"), "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[test]
fn lists_come_in_pages_that_lead_to_each_other() {
    let world = World::new();
    let serving = Serving::start(&world);
    let all = get(serving.address, "/v2/_catalog").json();
    let all: Vec<String> = serde_json::from_value(all["repositories"].clone()).unwrap();
    assert!(all.contains(&"registry.k8s.io/pause".to_owned()) && all.is_sorted());
    let (mut paged, mut next) = (Vec::new(), Some("/v2/_catalog?n=2".to_owned()));
    while let Some(path) = next {
        let page = get(serving.address, &path);
        let names: Vec<String> =
            serde_json::from_value(page.json()["repositories"].clone()).unwrap();
        assert!((1..=2).contains(&names.len()));
        paged.extend(names);
        next = page.header("link").map(|link| link[1..link.find('>').unwrap()].to_owned());
    }
    assert_eq!(paged, all);
    let tags = get(serving.address, "/v2/registry.k8s.io/pause/tags/list").json();
    let expected =
        serde_json::json!({ "name": "registry.k8s.io/pause", "tags": ["3.10", "signature"] });
    assert_eq!(tags, expected);
    let rest = get(serving.address, "/v2/registry.k8s.io/pause/tags/list?n=5&last=3.10").json();
    assert_eq!(rest["tags"], serde_json::json!(["signature"]));
}

#[test]
fn referrers_are_found_and_filtered() {
    let world = World::new();
    let serving = Serving::start(&world);
    let subject = &world.release.pause.root.digest;
    let path = format!("/v2/registry.k8s.io/pause/referrers/{subject}");
    let found = get(serving.address, &path);
    assert_eq!(found.header("content-type"), Some(INDEX_TYPE));
    let index = found.json();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(index["manifests"][0]["artifactType"], "application/vnd.example.signature");
    assert_eq!(index["manifests"][0]["annotations"]["org.example.by"], "a test");
    let other = get(serving.address, &format!("{path}?artifactType=application%2Fother"));
    assert_eq!(other.header("oci-filters-applied"), Some("artifactType"));
    assert_eq!(other.json()["manifests"], serde_json::json!([]));
    for repository in ["registry.k8s.io/pause", "not.here/at/all"] {
        let nothing = format!("/v2/{repository}/referrers/{}", sha256(b"unknown"));
        let nothing = get(serving.address, &nothing);
        assert_eq!((nothing.status, &nothing.json()["manifests"]), (200, &serde_json::json!([])));
    }
}

#[test]
fn files_are_served_by_name_and_by_where_upstream_keeps_them() {
    let world = World::new();
    let serving = Serving::start(&world);
    let kubectl = get(serving.address, "/files/kubernetes/amd64/kubectl");
    assert_eq!(kubectl.body.len(), KUBECTL_SIZE);
    let digest = &world.release.lockfile.files[1].digest;
    assert_eq!(sha256(&kubectl.body), *digest);
    assert_eq!(kubectl.header("etag"), Some(format!("\"{digest}\"").as_str()));
    let source = get(serving.address, "/source/dl.example.org/amd64/kubectl");
    assert!(source.body == kubectl.body);
    // Across the border of two compressed frames.
    let part = [("Range", "bytes=8388000-8389000")];
    let part = ask(serving.address, "GET", "/files/kubernetes/amd64/kubectl", &part);
    assert!(part.status == 206 && part.body == kubectl.body[8_388_000..=8_389_000]);
    assert_eq!(get(serving.address, "/files/kubernetes/arm64/kubectl").body.len(), 20_000);
    assert_eq!(get(serving.address, "/files/tool/Tool-v1%2B2.tgz").body.len(), 70_000);
    let yaml = get(serving.address, "/files/calico/calico.yaml");
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
}

#[test]
fn the_list_of_files_is_plain_text() {
    let world = World::new();
    let serving = Serving::start(&world);
    let all = get(serving.address, "/files/");
    assert_eq!(all.header("content-type"), Some("text/plain; charset=utf-8"));
    let names: Vec<_> = all.text().lines().map(|line| line.split("  ").next().unwrap()).collect();
    let expected = [
        "calico/calico.yaml",
        "kubernetes/amd64/kubectl",
        "kubernetes/arm64/kubectl",
        "tool/Tool-v1+2.tgz",
    ];
    assert_eq!(names, expected);
    assert_eq!(get(serving.address, "/files/kubernetes/arm64/").text().lines().count(), 1);
}

#[test]
fn every_blob_of_the_bundle_arrives_whole() {
    let world = World::new();
    let serving = Serving::start(&world);
    let bundle = world.open();
    for blob in &bundle.manifest().blobs {
        let path = format!("/v2/registry.k8s.io/pause/blobs/{}", blob.digest);
        let answer = get(serving.address, &path);
        assert_eq!(answer.body.len() as u64, blob.size);
        let mut hasher = bundles::BlobHasher::new(blob.digest.algorithm());
        hasher.update(&answer.body);
        assert_eq!(hasher.finish().0, blob.digest);
    }
}

#[test]
fn a_connection_is_used_again_and_many_are_served_at_once() {
    let world = World::new();
    let serving = Serving::start(&world);
    let mut stream = connect(serving.address);
    let request = format!("GET {PAUSE} HTTP/1.1\r\nHost: x\r\n\r\n");
    let last = format!("GET {PAUSE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{request}{request}{last}").as_bytes()).unwrap();
    let all = read(stream);
    assert_eq!(String::from_utf8(all.body).unwrap().matches("HTTP/1.1 200").count(), 2);
    let (path, whole) = (layer_path(&world), layer(&world));
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert!(get(serving.address, &path).body == whole));
        }
    });
}

#[test]
fn the_access_log_names_what_was_served_and_how_much_of_it() {
    let world = World::new();
    let log = world.path("access.log");
    let serving =
        Serving::with(&world, [world.bundle.as_os_str(), "--access-log".as_ref(), log.as_os_str()]);
    let pause = get(serving.address, PAUSE);
    ask(serving.address, "HEAD", PAUSE, &[]);
    get(serving.address, "/v2/quay.io/other/manifests/1");
    serving.signal("TERM");
    assert!(serving.end().0.success());
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = lines.iter().find(|line| line["method"] == "GET" && line["status"] == 200).unwrap();
    let digest: Digest = line["digest"].as_str().unwrap().parse().unwrap();
    assert_eq!(digest, sha256(&pause.body));
    assert_eq!((&line["name"], &line["path"]), (&"registry.k8s.io/pause".into(), &PAUSE.into()));
    assert_eq!((&line["bytes"], &line["client"]), (&pause.body.len().into(), &"127.0.0.1".into()));
    assert!(line["time"].as_str().unwrap().ends_with('Z'));
    assert!(lines.iter().any(|line| line["method"] == "HEAD" && line["bytes"] == 0));
    assert!(lines.iter().any(|line| line["status"] == 404 && line["name"] == "quay.io/other"));
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_access_log_can_go_to_stdout() {
    let world = World::new();
    let serving =
        Serving::with(&world, [world.bundle.as_os_str(), "--access-log".as_ref(), "-".as_ref()]);
    get(serving.address, PAUSE);
    serving.signal("INT");
    let (status, stdout) = serving.end();
    assert!(status.success());
    assert_eq!(stdout.lines().count(), 1);
    assert!(stdout.starts_with("{\"time\":\""), "{stdout}");
}

#[test]
fn a_stop_lets_a_running_reply_finish() {
    let world = World::new();
    let mut serving = Serving::start(&world);
    let whole = layer(&world);
    let mut stream = connect(serving.address);
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", layer_path(&world));
    stream.write_all(request.as_bytes()).unwrap();
    // The reply has begun, and is larger than what sockets hold by themselves.
    let mut first = [0; 1];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    serving.signal("TERM");
    serving.wait_for("stopping; 1 connection may finish");
    assert!(refused(serving.address), "it still listens");
    let mut rest = first.to_vec();
    std::io::Read::read_to_end(&mut stream, &mut rest).unwrap();
    assert!(rest.ends_with(&whole));
    assert!(serving.end().0.success());
}

fn refused(address: SocketAddr) -> bool {
    std::net::TcpStream::connect(address).is_err()
}

#[test]
fn health_is_told_and_the_whole_file_is_checked_in_the_background() {
    let world = World::new();
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let health: Answer = get(serving.address, "/healthz");
    assert_eq!((health.status, health.text()), (200, r#"{"status":"intact","damage":0}"#));
}
