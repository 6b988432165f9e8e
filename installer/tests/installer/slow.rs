//! Thousands of clients that are slow in every way there is, beside one that is not.

use crate::{fixture::World, process::Serving};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::Builder,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Most memory of the server, in KiB: what answers may hold, and what 2048 open
/// connections take for themselves in a program that is not optimised.
const MEMORY: u64 = 256 * 1024;
/// Most files of the server: its connections, those that end, and what else it needs.
const FILES: u64 = 2048 + 1024 + 256;
/// How long the other client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What everybody asks for.
struct Place {
    address: SocketAddr,
    large: String,
    small: &'static str,
}

/// How often slow clients came in, and what became of them.
#[derive(Default)]
struct Counts {
    connected: AtomicU64,
    ended: AtomicU64,
}

/// Slow clients come from so many addresses.
fn slow_address(n: u32) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, u8::try_from(1 + n % 64).unwrap())
}

async fn connect(from: Ipv4Addr, to: SocketAddr, small: bool) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if small {
        socket.set_recv_buffer_size(4096)?;
    }
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// Comes again for as long as it is let.
async fn slow_client(n: u32, place: Arc<Place>, counts: Arc<Counts>) {
    loop {
        if let Ok(mut stream) = connect(slow_address(n), place.address, true).await {
            counts.connected.fetch_add(1, Ordering::Relaxed);
            let _ended = dawdle(n, &mut stream, &place).await;
            counts.ended.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn dawdle(n: u32, stream: &mut TcpStream, place: &Place) -> io::Result<()> {
    let mut buffer = [0; 512];
    let large = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", place.large);
    match n % 5 {
        // Says nothing.
        0 => drop(stream.read(&mut buffer).await?),
        // Says its header letter by letter.
        1 => {
            for byte in large.bytes() {
                stream.write_all(&[byte]).await?;
                sleep(Duration::from_secs(1)).await;
            }
        }
        // Takes a large answer drop by drop.
        2 => {
            stream.write_all(large.as_bytes()).await?;
            while stream.read(&mut buffer).await? > 0 {
                sleep(Duration::from_millis(500)).await;
            }
        }
        // Takes nothing of it.
        3 => {
            stream.write_all(large.as_bytes()).await?;
            sleep(Duration::from_hours(1)).await;
        }
        // Asks little, and stays.
        _ => {
            let small = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", place.small);
            stream.write_all(small.as_bytes()).await?;
            while stream.read(&mut buffer).await? > 0 {}
        }
    }
    Ok(())
}

/// One answer for the client that is not slow; how long it took.
async fn ask(place: &Place, path: &str) -> Result<Duration, String> {
    let start = Instant::now();
    let answer = async {
        let mut stream = connect(Ipv4Addr::LOCALHOST, place.address, false).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, io::Error>(bytes)
    };
    let bytes = timeout(PATIENCE, answer).await.map_err(|_late| format!("{path}: no answer"))?;
    let bytes = bytes.map_err(|error| format!("{path}: {error}"))?;
    let answer = crate::client::read(&bytes[..]);
    match answer.status {
        200 if answer.body.len() == answer.promised() => Ok(start.elapsed()),
        status => Err(format!("{path}: {status}, {} bytes", answer.body.len())),
    }
}

/// A line of `/proc/ID/status`, as a number.
fn status(id: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

fn beside(clients: u32, seconds: u64) {
    let files = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: files, maximum: files }).unwrap();
    let world = World::new();
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let large = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let small = "/v2/registry.k8s.io/pause/manifests/3.10";
    let place = Arc::new(Place { address: serving.address, large, small });
    let (id, counts) = (serving.id(), Arc::new(Counts::default()));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut times, mut errors, mut open) = (Vec::new(), Vec::new(), 0);
    runtime.block_on(async {
        let mut slow = JoinSet::new();
        (0..clients).for_each(|n| {
            slow.spawn(slow_client(n, Arc::clone(&place), Arc::clone(&counts)));
        });
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            for path in [&place.large, place.small, "/healthz", "/files/kubernetes/amd64/kubectl"] {
                match ask(&place, path).await {
                    Ok(time) => times.push(time),
                    Err(error) => errors.push(error),
                }
            }
            open = fs::read_dir(format!("/proc/{id}/fd")).unwrap().count().max(open);
        }
    });
    runtime.shutdown_background();
    times.sort();
    let memory = status(id, "VmHWM");
    let [connected, ended] = [&counts.connected, &counts.ended].map(|n| n.load(Ordering::Relaxed));
    eprintln!(
        "{clients} slow clients for {seconds} s ({connected} connections, {ended} ended): \
         peak memory {} MiB, open files {open}; the other client: {} answers, {} errors, \
         median {:?}, longest {:?}",
        memory / 1024,
        times.len(),
        errors.len(),
        times[times.len() / 2],
        times[times.len() - 1],
    );
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(memory < MEMORY && (open as u64) < FILES);
}

#[test]
fn a_thousand_slow_clients_take_nothing_from_another() {
    beside(1000, 5);
}

/// How long is `BOTTARI_SLOW_SECONDS`.
#[test]
#[ignore = "takes five minutes, and needs 12,000 open files"]
fn ten_thousand_slow_clients_take_nothing_from_another() {
    let seconds = env::var("BOTTARI_SLOW_SECONDS").ok().and_then(|text| text.parse().ok());
    beside(10_000, seconds.unwrap_or(300));
}
