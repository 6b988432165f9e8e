//! The released installer needs nothing of the machine it runs on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The static programs, brought up to date by the script that releases them.
fn released() -> PathBuf {
    let built =
        Command::new(repository().join("scripts/build-static")).arg("--quiet").output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    repository().join("target/x86_64-unknown-linux-gnu/release")
}

#[test]
fn both_released_programs_run_in_an_empty_root() {
    let released = released();
    for program in ["bottari-installer", "bottari-builder"] {
        let root = tempfile::tempdir().unwrap();
        fs::copy(released.join(program), root.path().join(program)).unwrap();
        let mut alone = Command::new("unshare");
        // Not every machine lets everybody be root of a namespace; root needs none.
        alone.args(["--user", "--map-root-user", "chroot"]).arg(root.path());
        alone
            .arg(format!("/{program}"))
            .arg("--version")
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let output = alone.stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.starts_with(program), "{text}{stderr}");
    }
}
