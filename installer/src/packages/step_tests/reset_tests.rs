//! What a reset leaves behind after a cut, and beside others.

use super::{AptHost, Archive, recorded, step, walk};
use crate::{
    ledger::{Leaves, LedgerFile, ResetAction, ResetReport, State, Thing, plan_reset, reset},
    plan::PackageName,
    steps::StepError,
};
use manifests::{Failure, event::Silent};
use std::collections::BTreeSet;

const UNIT: &str = "bottari-w-1--prepare--os-packages.service";

/// Undoes the ledger; with `cut`, that of a step that did not come to its end.
async fn try_undo(host: &AptHost, cut: bool) -> Result<ResetReport, StepError> {
    let mut ledger = LedgerFile::load(host.remote()).await?;
    for entry in ledger.ledger.entries.iter_mut().filter(|_| cut) {
        entry.state = State::Intent;
    }
    let package = |thing: &Thing| match thing {
        Thing::Package { package, .. } => Some(package.clone()),
        _ => None,
    };
    let ours = ledger.ledger.entries.iter().filter_map(|entry| package(&entry.thing));
    let ours: BTreeSet<PackageName> = ours.collect();
    let mut actions = plan_reset(&ledger.ledger, &Leaves::default(), &ours);
    for action in &mut actions {
        if let ResetAction::Packages { lock_seconds, .. }
        | ResetAction::EndInstallation { lock_seconds, .. } = action
        {
            *lock_seconds = 0;
        }
    }
    reset(host.remote(), &mut ledger, None, &actions, &Silent).await
}

/// Leaves a package as dpkg does that is stopped while it unpacks.
fn stop_in_the_middle_of(host: &AptHost, package: &str) {
    let whole = format!("Package: {package}\nStatus: install ok installed");
    let half = whole.replace("ok installed", "reinstreq half-installed");
    let books = host.text("var/lib/dpkg/status");
    assert!(books.contains(&whole), "{books}");
    host.write("var/lib/dpkg/status", books.replace(&whole, &half));
}

#[tokio::test]
async fn a_package_that_a_cut_left_half_installed_goes() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    stop_in_the_middle_of(&host, "conntrack");
    assert_eq!(try_undo(&host, true).await.unwrap().kept, Vec::<String>::new());
    let books = host.text("var/lib/dpkg/status");
    assert!(!books.contains("conntrack") && !books.contains("libtoy"), "{books}");
}

#[tokio::test]
async fn a_package_that_was_there_and_is_half_raised_stops_the_reset_and_stays_on_record() {
    let host = AptHost::new(&[("socat", "1.7")]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["socat (>= 1.7.5)", "conntrack"])).await.unwrap();
    stop_in_the_middle_of(&host, "socat");
    let before = recorded(&host).await;
    let error = try_undo(&host, true).await.unwrap_err();
    assert_eq!(error.to_string(), "w-1: packages of it are raised in part: socat");
    assert!(error.hint().unwrap().contains("`bottari-installer apply` first"));
    assert_eq!(recorded(&host).await, before);
    assert_eq!(host.installed(), "conntrack 1.4-1, libtoy 2.0");
}

#[tokio::test]
async fn an_installation_that_is_at_work_comes_to_its_end_first() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    let (looks, stopped) = (format!("srv/looks-{UNIT}"), format!("srv/stopped-{UNIT}"));
    host.write(&looks, "running\nrunning\n");
    assert_eq!(try_undo(&host, true).await.unwrap().kept, Vec::<String>::new());
    assert!(!host.path(&stopped).exists(), "it was stopped at work");
    assert!(!host.path(&looks).exists() && host.installed().is_empty());
}

#[tokio::test]
async fn a_reset_that_another_package_manager_is_in_the_way_of_forgets_nothing() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    let before = recorded(&host).await;
    // A lock of dpkg's kind, held by a program of the host.
    let hold = "use Fcntl; open F, '>>', '/var/lib/dpkg/lock-frontend'; \
        my $lock = pack 's s x4 q q i x4', F_WRLCK, 0, 0, 0, 0; \
        fcntl F, F_SETLK, $lock or die $!; open G, '>', '/srv/held'; close G; \
        sleep 0.05 while -e '/srv/held'";
    let line = ["perl", "-MTime::HiRes=sleep", "-e", hold].map(str::to_owned);
    let mut holder = host.start(&line, b"");
    while !host.path("srv/held").exists() {
        assert!(holder.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let error = try_undo(&host, false).await.unwrap_err();
    assert!(matches!(error, StepError::DpkgBusy { .. }), "{error}");
    assert!(error.hint().unwrap().ends_with("run the same command again"));
    assert_eq!(recorded(&host).await, before);
    std::fs::remove_file(host.path("srv/held")).unwrap();
    holder.wait().unwrap();
    assert_eq!(try_undo(&host, false).await.unwrap().kept, Vec::<String>::new());
    assert_eq!(host.installed(), "");
}

#[tokio::test]
async fn a_package_of_the_site_by_the_same_name_keeps_nothing_of_ours() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    let books = host.text("var/lib/dpkg/status");
    let native = books.replace("Architecture: all", "Architecture: amd64\nMulti-Arch: same");
    let other = "Package: libtoy\nStatus: install ok installed\nMaintainer: site <s@example>\n\
        Architecture: i386\nMulti-Arch: same\nVersion: 2.0\nDescription: toy\n\n";
    host.write("var/lib/dpkg/status", format!("{native}\n{other}"));
    host.write("var/lib/dpkg/arch", "amd64\ni386\n");
    for name in ["libtoy", "conntrack"] {
        let list = host.text(&format!("var/lib/dpkg/info/{name}.list"));
        host.write(&format!("var/lib/dpkg/info/{name}:amd64.list"), list);
    }
    host.write("var/lib/dpkg/info/libtoy:i386.list", "/.\n");
    host.write("var/lib/dpkg/info/format", "1\n");
    assert_eq!(try_undo(&host, false).await.unwrap().kept, Vec::<String>::new());
    assert_eq!(host.installed(), "libtoy 2.0");
}
