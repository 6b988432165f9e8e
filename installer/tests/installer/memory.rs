//! Memory does not grow with the number of clients, nor with how slow they are.

use crate::{
    client::{connect, get},
    fixture::World,
    process::Serving,
};
use std::{fs, io::Write, net::TcpStream, thread};

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
