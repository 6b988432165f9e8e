//! How much memory reading takes, as the kernel counts it: in a process of its
//! own, because tests run side by side.

use crate::{
    Acceptance, Bundle,
    testing::{noise, release, written_of},
};
use manifests::event::Silent;
use std::{env, fs, io, path::Path, process::Command};

const MIB: u64 = 1024 * 1024;

/// Names the bundle to whoever measures it.
const BUNDLE: &str = "BOTTARI_TEST_BUNDLE";

/// What the allocator, threads and the manifest may take besides buffers.
const SLACK: u64 = 4 * MIB;

/// A value of `/proc/self/status`, in bytes.
fn status(key: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap() * 1024
}

/// How far the memory of this process rises above where it is while `work` runs.
fn rise(work: impl FnOnce()) -> u64 {
    fs::write("/proc/self/clear_refs", "5").unwrap(); // the peak begins anew
    let before = status("VmRSS:");
    work();
    status("VmHWM:").saturating_sub(before)
}

#[test]
#[ignore = "runs in a process of its own, started by the test below"]
fn measured() {
    let path = env::var(BUNDLE).unwrap();
    let open = || Bundle::open(Path::new(&path), Acceptance::AnySigner).unwrap();
    let bound = |what: &str, limit: u64, work: &dyn Fn()| {
        let rise = rise(work);
        assert!(rise <= limit + SLACK, "{what} took {rise} bytes, more than {limit} and {SLACK}");
    };
    drop(open()); // code that runs for the first time is read from the disk, and counts
    bound("opening", 0, &|| drop(open()));
    let bundle = open();
    bound("verifying on 2 threads", 2 * 4 * MIB, &|| bundle.verify(2, &Silent).unwrap());
    for blob in &bundle.manifest().blobs {
        // One chunk, one frame, and the packed bytes of that frame.
        bound("reading", (4 + 8 + 8) * MIB, &|| {
            bundle.copy(&blob.digest, &mut io::sink()).unwrap().unwrap();
        });
    }
}

#[test]
fn opening_verifying_and_reading_hold_a_few_buffers_however_large_the_bundle_is() {
    // Noise does not compress: frames are as long as they can be.
    let written = written_of(&release(48_000_000, noise(9, 48_000_000), |_| ()));
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "memory_tests::measured", "--ignored"])
        .env(BUNDLE, &written.path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
