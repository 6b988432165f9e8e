//! Memory does not grow with the number of clients, nor with how slow they are.

use crate::{
    client::{connect, get},
    fixture::World,
    process::Serving,
};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
};

/// What all of the program may hold, in KiB.
const LIMIT: u64 = 192 * 1024;

/// Most memory a process ever had, in KiB.
fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Asks for something large and reads nothing.
fn ask_and_wait(serving: &Serving, path: &str) -> TcpStream {
    let mut stream = connect(serving.address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    stream
}

#[test]
fn many_slow_and_fast_clients_share_a_bounded_memory() {
    let world = World::new();
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let layer = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let paths = [layer.as_str(), "/files/kubernetes/amd64/kubectl"];
    thread::scope(|scope| {
        for n in 0..32 {
            let (address, path) = (serving.address, paths[n % 2]);
            scope.spawn(move || {
                for _ in 0..5 {
                    let answer = get(address, path);
                    assert_eq!(answer.body.len(), answer.promised());
                }
            });
        }
    });
    let slow: Vec<_> = (0..200).map(|n| ask_and_wait(&serving, paths[n % 2])).collect();
    assert_eq!(get(serving.address, "/v2/").status, 200);
    drop(slow);
    assert_eq!(get(serving.address, &layer).status, 200);
    let peak = peak(serving.id());
    assert!(peak < LIMIT, "{peak} KiB");
    eprintln!("peak memory: {peak} KiB");
}

#[test]
fn clients_that_were_quick_and_stop_leave_room_for_others() {
    const LAYER: usize = 40 << 20;
    // Enough to be lent chunks, and far more clients than that is for.
    const TAKEN: usize = 16 << 20;
    let world = World::with_layer(LAYER);
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let path = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let mut stopped: Vec<_> = (0..24).map(|_| ask_and_wait(&serving, &path)).collect();
    let mut taken = vec![0; TAKEN];
    for stream in &mut stopped {
        stream.read_exact(&mut taken).unwrap();
    }
    let other = get(serving.address, &path);
    assert_eq!((other.status, other.body.len()), (200, other.promised()));
    // They go on where they were.
    let head = taken.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let mut rest = vec![0; LAYER - TAKEN];
    for stream in stopped.iter_mut().take(4) {
        stream.read_exact(&mut rest).unwrap();
        assert!(rest[..] == other.body[TAKEN - head..][..rest.len()]);
    }
    let peak = peak(serving.id());
    assert!(peak < LIMIT, "{peak} KiB");
}
