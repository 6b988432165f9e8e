//! Limits: how much one client, or all of them, can ask of a server.

use crate::{
    client::{ask, connect, get, read},
    fixture::World,
    process::Serving,
};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";

fn serve(world: &World, more: &[&str]) -> Serving {
    let bundle = world.bundle.to_str().unwrap();
    Serving::with(world, [bundle].into_iter().chain(more.iter().copied()))
}

/// A client with a request that takes longer than it has.
fn busy(serving: &Serving, world: &World) -> TcpStream {
    let mut stream = connect(serving.address);
    let layer = &world.release.big.layer().digest;
    let path = format!("/v2/quay.io/app/server/blobs/{layer}");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    stream.peek(&mut [0; 12]).unwrap();
    stream
}

#[test]
fn whoever_is_too_many_is_told_when_to_come_again() {
    let world = World::new();
    for (limit, status, code) in [
        ("--max-connections-per-client=2", 429, "TOOMANYREQUESTS"),
        ("--max-connections=2", 503, "UNAVAILABLE"),
    ] {
        let serving = serve(&world, &[limit]);
        let held = [busy(&serving, &world), busy(&serving, &world)];
        let answer = get(serving.address, "/v2/");
        assert_eq!((answer.status, answer.error_code().as_str()), (status, code));
        assert_eq!(answer.header("retry-after"), Some("2"));
        drop(held);
        // The server learns of it when it reads or writes next.
        while get(serving.address, "/v2/").status != 200 {}
    }
}

#[test]
fn a_connection_that_asks_nothing_gives_way() {
    let world = World::new();
    let serving = serve(&world, &["--max-connections=2"]);
    let mut silent = [connect(serving.address), connect(serving.address)];
    assert_eq!(get(serving.address, "/v2/").status, 200);
    let mut rest = Vec::new();
    let _reset = silent[0].read_to_end(&mut rest);
    assert!(rest.is_empty());
    silent[1].write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let [_, other] = silent;
    assert_eq!(read(other).status, 200);
}

#[test]
fn headers_have_a_size_and_a_number() {
    let world = World::new();
    let serving = Serving::start(&world);
    let long = "a".repeat(20_000);
    assert_eq!(ask(serving.address, "GET", PAUSE, &[("X-Long", &long)]).status, 431);
    let many: Vec<_> = (0..70).map(|n| format!("X-{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(ask(serving.address, "GET", PAUSE, &many).status, 431);
    let long_path = format!("/v2/{}/manifests/1", "a".repeat(10_000));
    assert_eq!(get(serving.address, &long_path).status, 404);
}

#[test]
fn stalled_clients_leave_room_for_others() {
    let world = World::new();
    let serving = Serving::start(&world);
    // Far more than could be read for at once.
    let held: Vec<_> = (0..200).map(|_| busy(&serving, &world)).collect();
    let layer = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let answer = get(serving.address, &layer);
    assert_eq!((answer.status, answer.body.len()), (200, answer.promised()));
    let kubectl = get(serving.address, "/files/kubernetes/amd64/kubectl");
    assert_eq!((kubectl.status, kubectl.body.len()), (200, kubectl.promised()));
    // Each of them goes on where it was.
    for stream in held.into_iter().take(4) {
        assert!(read(stream).body == answer.body);
    }
}
