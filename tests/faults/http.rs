//! Requests that nobody should send, at a registry that serves a real bundle: names,
//! ranges, lengths, headers. Each gets an answer or a closed connection, nothing but
//! bytes of the bundle comes out, and neither memory nor open files grow.

use crate::effort::{chance, count, tell};
use journeys::{
    office::Office,
    serving::Serving,
    upstream::{blob_path, manifest_path},
};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

/// The registry's own bound (docs/performance.md).
const MEMORY: u64 = 192 << 20;

/// How long an answer may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the line may be silent before the client says that it sends no more.
const SILENCE: Duration = Duration::from_millis(100);

/// More than any answer has.
const LARGEST: u64 = 64 << 20;

/// Parts of paths, sound and otherwise; `%` is filled with a name of the bundle.
const PATHS: [&str; 24] = [
    "/v2/",
    "/v2/_catalog",
    "/v2/_catalog?n=0",
    "/v2/_catalog?n=18446744073709551616&last=%00",
    "/v2/%/manifests/v1.4.2",
    "/v2/%/manifests/../../../../etc/passwd",
    "/v2/%/blobs/sha256:",
    "/v2/%/blobs/sha256:../../../../../etc/passwd",
    "/v2/%/tags/list?n=-1",
    "/v2/%/referrers/sha256:0",
    "/v2/../../../../etc/passwd",
    "/v2/%2e%2e/%2e%2e/etc/passwd",
    "/v2//////manifests//",
    "/v2/\u{c3}\u{28}/manifests/\u{fffd}",
    "/files",
    "/files/../../../etc/passwd",
    "/files/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/files/download.example.org/network/v1.4.2/network.yaml",
    "/healthz",
    "/metrics",
    "//etc/passwd",
    "*",
    "http://169.254.169.254/latest",
    "/v2/%/blobs/uploads/?mount=sha256:0&from=..",
];

const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"];

const RANGES: [&str; 10] = [
    "bytes=0-",
    "bytes=-1",
    "bytes=3-9",
    "bytes=5-2",
    "bytes=0-0,2-4",
    "bytes=18446744073709551615-18446744073709551615",
    "bytes=99999999999999999999999-",
    "bytes=-18446744073709551616",
    "lines=1-2",
    "bytes=\u{661}-",
];

const HEADERS: [&str; 12] = [
    "If-Range: \"x\"",
    "If-None-Match: *",
    "Accept: */*;q=2",
    "Content-Length: 18446744073709551615",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Host: ../../etc",
    "Authorization: Basic ////",
    "X-Forwarded-Proto: gopher",
    "Upgrade: h2c",
    "Connection: keep-alive, Upgrade, \u{1}",
];

/// One request, sometimes spoilt byte by byte. `served` are paths that the bundle has.
fn request(chance: &mut fastrand::Rng, served: &[String]) -> Vec<u8> {
    let any =
        |chance: &mut fastrand::Rng, list: &[&str]| list[chance.usize(0..list.len())].to_owned();
    let real = &served[chance.usize(0..served.len())];
    let path = match chance.u8(0..3) {
        0 => real.clone(),
        _ => any(chance, &PATHS).replacen('%', real.split('/').nth(2).unwrap_or("x"), 1),
    };
    let method = if chance.bool() { "GET".into() } else { any(chance, &METHODS) };
    let version = if chance.u8(0..5) > 0 { 1 } else { chance.u8(0..4) };
    let mut text = format!("{method} {path} HTTP/1.{version}\r\n");
    if chance.u8(0..10) > 0 {
        text += "Host: registry\r\n";
    }
    if chance.bool() {
        text += &["Range: ", &any(chance, &RANGES), "\r\n"].concat();
    }
    for _ in 0..chance.u8(0..5).saturating_sub(2) {
        text += &[&any(chance, &HEADERS), "\r\n"].concat();
    }
    if chance.u8(0..20) == 0 {
        text += &["X-Long: ", &"x".repeat(chance.usize(0..100_000)), "\r\n"].concat();
    }
    text += "Connection: close\r\n\r\n";
    spoilt(chance, text.into_bytes())
}

/// One of four requests has some wrong bytes.
fn spoilt(chance: &mut fastrand::Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..chance.u8(0..8).saturating_sub(5) {
        let at = chance.usize(0..bytes.len());
        bytes[at] = chance.u8(..);
    }
    bytes
}

/// Everything that the images of the demo are made of.
fn served(office: &Office) -> Vec<String> {
    let images = office.demo.images.iter().flat_map(|(name, image)| {
        let blobs = image.blobs.iter().map(|blob| blob_path(name, &blob.digest));
        blobs.chain([manifest_path(name)])
    });
    images.chain(["/files/download.example.org/network/v1.4.2/network.yaml".into()]).collect()
}

/// What came back; a connection that breaks has given what it gave. Who waits for the
/// rest of a request is told after a while that there is none.
fn ask(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the registry listens");
    // Who refuses a request may close before all of it was sent.
    let _sent = stream.write_all(request);
    let mut answer = Vec::new();
    if is_waiting(read(&stream, &mut answer, SILENCE)) {
        let _closed = stream.shutdown(Shutdown::Write);
        let ended = read(&stream, &mut answer, PATIENCE);
        assert!(!is_waiting(ended), "no end to {:?}", String::from_utf8_lossy(request));
    }
    answer
}

fn read(stream: &TcpStream, answer: &mut Vec<u8>, patience: Duration) -> io::Result<usize> {
    stream.set_read_timeout(Some(patience))?;
    stream.take(LARGEST).read_to_end(answer)
}

fn is_waiting(read: io::Result<usize>) -> bool {
    read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// The status, or 0 for none.
fn status(answer: &[u8]) -> u16 {
    let digits = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
    digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(0)
}

/// Bytes that the process held at most, as the kernel counts them, and its open files.
fn taken(serving: &Serving) -> (u64, usize) {
    let process = format!("/proc/{}", serving.id());
    let text = fs::read_to_string(format!("{process}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    (kibibytes << 10, fs::read_dir(format!("{process}/fd")).unwrap().count())
}

#[test]
fn no_request_gets_anything_but_the_bundle_or_an_error() {
    let mut office = Office::with_bundle();
    office.sandbox.set("BOTTARI_STATE_DIR", office.path("state").to_str().unwrap());
    let serving = Serving::start(&office.sandbox, "demo.bundle", "release.pub");
    let served = served(&office);
    let (requests, mut met) = (count(1200, 60_000), BTreeMap::<u16, usize>::new());
    for number in 0..requests {
        let request = request(&mut chance(number), &served);
        let answer = ask(serving.address, &request);
        let status = status(&answer);
        let text = || (String::from_utf8_lossy(&request).into_owned(), answer.clone());
        assert!(status < 500 || status == 501 || status == 505, "{status}: {:?}", text());
        assert!(!answer.windows(5).any(|five| five == b"root:"), "{:?}", text());
        *met.entry(status).or_default() += 1;
    }
    assert!(met.get(&206) > Some(&2) && met.get(&416) > Some(&2), "{met:?}");
    let (memory, files) = taken(&serving);
    assert!(memory <= MEMORY && files < 100, "{memory} bytes, {files} open files");
    assert_eq!(
        status(&ask(serving.address, b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
        200
    );
    tell(&format!("requests: {requests}, by status {met:?}, {} MiB", memory >> 20));
}
