//! Killed in the middle: what was promised is there, and nothing is there by half.

use super::{Pushed, Pushing, Registry, files};
use crate::{client::connect, fixture::World, image::noise};
use bundles::sha256;
use std::{
    fs::File,
    io::Write,
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

const REPOSITORY: &str = "site.example.org/app";

/// Begins a PATCH of so many bytes and sends the first of them.
fn half_a_patch(pushing: &Registry, upload: &str, bytes: &[u8], all: usize) -> TcpStream {
    let mut stream = connect(pushing.address());
    let head = format!("PATCH {upload} HTTP/1.1\r\nHost: x\r\nContent-Length: {all}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Waits until an upload has so many bytes, as its client would.
fn wait_for(pushing: &Registry, upload: &str, bytes: usize) {
    let range = format!("0-{}", bytes - 1);
    wait_until(|| pushing.get(upload).header("range") == Some(&range));
}

fn wait_until(is_so: impl Fn() -> bool) {
    let end = Instant::now() + crate::process::LIMIT;
    while !is_so() {
        assert!(Instant::now() < end, "it never came");
        thread::yield_now();
    }
}

fn half_done(overlay: &Path) -> Vec<String> {
    let all = ["tmp", "uploads"].map(|name| files(&overlay.join(name)));
    all.into_iter().flatten().map(|path| path.display().to_string()).collect()
}

#[test]
fn an_upload_goes_on_where_a_killed_server_stopped() {
    let world = World::new();
    let bytes = noise(5, 5_000_000);
    let (first, second) = (2_000_001, 3_500_000);
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    assert_eq!(pushing.send("PATCH", &upload, &[], &bytes[..first]).status, 202);
    let open = half_a_patch(&pushing, &upload, &bytes[first..second], 3_000_000);
    wait_for(&pushing, &upload, second);
    pushing.serving.signal("KILL");
    drop((pushing, open));
    let pushing = Pushing::start(&world);
    let range = format!("{second}-{}", bytes.len() - 1);
    let state = pushing.get(&upload);
    assert_eq!(state.header("range"), Some(format!("0-{}", second - 1).as_str()));
    let rest = [("Content-Range", range.as_str())];
    assert_eq!(pushing.send("PATCH", &upload, &rest, &bytes[second..]).status, 202);
    let digest = sha256(&bytes);
    assert_eq!(pushing.send("PUT", &format!("{upload}?digest={digest}"), &[], b"").status, 201);
    assert!(pushing.get(&format!("/v2/{REPOSITORY}/blobs/{digest}")).body == bytes);
    assert!(half_done(&world.path("overlay")).is_empty());
}

#[test]
fn a_client_that_was_cut_off_goes_on_while_the_server_runs() {
    let world = World::new();
    let bytes = noise(6, 1_000_000);
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    drop(half_a_patch(&pushing, &upload, &bytes[..400_000], bytes.len()));
    wait_for(&pushing, &upload, 400_000);
    let digest = sha256(&bytes);
    let put = format!("{upload}?digest={digest}");
    assert_eq!(pushing.send("PUT", &put, &[], &bytes[400_000..]).status, 201);
    assert!(pushing.get(&format!("/v2/{REPOSITORY}/blobs/{digest}")).body == bytes);
}

#[test]
fn a_push_in_one_request_that_is_cut_off_leaves_nothing() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={}", sha256(b"never"));
    let mut stream = connect(pushing.address());
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
    stream.write_all(head.as_bytes()).unwrap();
    let uploads = || files(&world.path("overlay/uploads"));
    wait_until(|| uploads().first().is_some_and(|file| file.metadata().unwrap().len() == 4));
    drop(stream);
    wait_until(|| uploads().is_empty());
}

#[test]
fn an_upload_that_was_left_alone_for_a_day_is_forgotten() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let uploads = [pushing.begin(REPOSITORY), pushing.begin(REPOSITORY)];
    for upload in &uploads {
        assert_eq!(pushing.send("PATCH", upload, &[], b"half").status, 202);
    }
    drop(pushing);
    let (_, old) = uploads[0].rsplit_once('/').unwrap();
    let found = files(&world.path("overlay/uploads"));
    let path = found.iter().find(|path| path.ends_with(old)).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(25)).unwrap();
    let pushing = Pushing::start(&world);
    assert_eq!(uploads.map(|upload| pushing.status("GET", &upload)), [404, 204]);
    assert!(!path.exists());
}

#[test]
fn an_upload_of_one_name_that_two_clients_send_ends_with_the_right_bytes_or_none() {
    let world = World::new();
    let bytes = noise(7, 2_000_000);
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    let statuses = thread::scope(|scope| {
        let (registry, upload, bytes) = (*pushing, &upload, &bytes);
        let send = move || registry.send("PATCH", upload, &[], bytes).status;
        let both = [scope.spawn(send), scope.spawn(send)];
        both.map(|one| one.join().unwrap())
    });
    let digest = sha256(&bytes);
    let put = pushing.send("PUT", &format!("{upload}?digest={digest}"), &[], b"");
    let got = pushing.get(&format!("/v2/{REPOSITORY}/blobs/{digest}"));
    match put.status {
        201 => assert!(got.body == bytes, "{statuses:?}"),
        status => assert_eq!((status, got.status), (400, 404), "{statuses:?}"),
    }
}

#[test]
fn killed_at_any_moment_a_tag_leads_to_a_whole_image_or_is_not_there() {
    let world = World::new();
    let images: Vec<_> = (1..4).map(|seed| Pushed::new(seed, 300_000)).collect();
    for round in 0..12_u64 {
        let pushing = Pushing::start(&world);
        let registry = *pushing;
        thread::scope(|scope| {
            let until_killed = || {
                let mut images = images.iter().cycle();
                while registry.try_push(REPOSITORY, "latest", images.next().unwrap()).is_some() {}
            };
            scope.spawn(until_killed);
            // Any moment will do, and another one each time.
            thread::sleep(Duration::from_millis(7 + round * 23));
            pushing.serving.signal("KILL");
        });
        drop(pushing);
        let pushing = Pushing::start(&world);
        let found = pushing.get(&format!("/v2/{REPOSITORY}/manifests/latest"));
        if found.status != 404 {
            let image = images.iter().find(|image| image.manifest == found.body);
            pushing.assert_whole(REPOSITORY, "latest", image.expect("one of the images"));
        }
        assert!(files(&world.path("overlay/tmp")).is_empty());
    }
}
