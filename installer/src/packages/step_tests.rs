//! The step, its ledger and its reset, on hosts with real apt and dpkg.

use super::{
    Repository,
    testing::{AptHost, Archive},
};
use crate::{
    ledger::{Leaves, LedgerFile, ResetReport, Thing, plan_reset, reset},
    plan::{PackageName, StepId},
    steps::{Action, Hosts, Need, OsPackages, Outcome, StepContext, StepError},
};
use manifests::{Arch, Failure, event::Silent};
use std::{collections::BTreeSet, time::Duration};

mod reset_tests;

fn step(url: &str, wishes: &[&str]) -> Action {
    let key = Archive::get().key.clone();
    let (url, arch) = (url.parse().unwrap(), Arch::Amd64);
    let repository = Repository { url, arch, key, authority: None, in_release: None };
    let wishes = wishes.iter().map(|wish| wish.parse().unwrap()).collect();
    Action::OsPackages(OsPackages { repository, wishes, start: Vec::new(), lock_seconds: 0 })
}

/// Looks at the host as a new run does, and applies the step when it is needed.
async fn walk(host: &AptHost, action: &Action) -> Result<(Need, Option<Outcome>), StepError> {
    let mut ledger = LedgerFile::load(host.remote()).await?;
    let step: StepId = "w-1/prepare/os-packages".parse().unwrap();
    let mut cx = StepContext {
        step: &step,
        host: host.remote(),
        ledger: &mut ledger,
        hosts: &Hosts::default(),
        artifacts: &Vec::<bundles::Bundle>::new(),
        run: None,
        reporter: &Silent,
        pause: Duration::ZERO,
    };
    let need = action.check(&cx).await?;
    let outcome = match need {
        Need::Satisfied => None,
        Need::Needed(_) => Some(action.apply(&mut cx).await?),
    };
    Ok((need, outcome))
}

/// What the ledger has of packages, one on a line.
async fn recorded(host: &AptHost) -> Vec<String> {
    let ledger = LedgerFile::load(host.remote()).await.unwrap().ledger;
    let line = |thing: &Thing| match thing {
        Thing::Package { package, .. } => Some(format!("{package} is new")),
        Thing::RaisedPackage { package, from, to } => Some(format!("{package} {from} → {to}")),
        _ => None,
    };
    ledger.entries.iter().filter_map(|entry| line(&entry.thing)).collect()
}

/// Undoes the ledger, with all packages of the repository as the bundle's.
async fn undo(host: &AptHost) -> ResetReport {
    let mut ledger = LedgerFile::load(host.remote()).await.unwrap();
    let names = ["conntrack", "libtoy", "socat", "slow", "last", "settings", "web"];
    let ours: BTreeSet<PackageName> = names.iter().map(|name| name.parse().unwrap()).collect();
    let actions = plan_reset(&ledger.ledger, &Leaves::default(), &ours);
    reset(host.remote(), &mut ledger, None, &actions, &Silent).await.unwrap()
}

#[tokio::test]
async fn what_is_installed_is_on_record_and_a_reset_removes_it_and_nothing_else() {
    let host = AptHost::new(&[("socat", "1.7"), ("enemy", "1")]);
    let (site, before) = (host.site(), host.installed());
    let (url, _) = Archive::get().serve();
    let action = step(&url, &["conntrack", "settings", "socat"]);
    let (need, outcome) = walk(&host, &action).await.unwrap();
    assert_eq!(need, Need::because("the release needs `conntrack`; the release needs `settings`"),);
    assert_eq!(outcome, Some(Outcome::Done));
    assert_eq!(host.installed(), "conntrack 1.4-1, enemy 1, libtoy 2.0, settings 2, socat 1.7");
    let mut lines = recorded(&host).await;
    lines.sort();
    assert_eq!(lines, ["conntrack is new", "libtoy is new", "settings is new"]);
    assert_eq!(walk(&host, &action).await.unwrap(), (Need::Satisfied, None));
    assert_eq!(undo(&host).await.kept, Vec::<String>::new());
    assert_eq!(host.installed(), before);
    assert!(!host.path("etc/settings.conf").exists(), "what was new goes with its settings");
    for ours in ["var/cache/bottari", "var/lib/bottari/ledger.json"] {
        assert!(!host.path(ours).exists(), "{ours}");
    }
    assert!(host.site() == site, "the site's apt has changed");
}

#[tokio::test]
async fn a_package_that_something_needs_by_now_stays_with_what_it_needs() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    host.bring(&[("dependant", "1")]);
    assert_eq!(
        undo(&host).await.kept,
        ["remove packages conntrack, libtoy: libtoy stays: dependant depends on libtoy"]
    );
    assert_eq!(host.installed(), "dependant 1, libtoy 2.0");
}

#[tokio::test]
async fn what_was_raised_is_told_and_stays() {
    let host = AptHost::new(&[("socat", "1.7")]);
    let (url, _) = Archive::get().serve();
    walk(&host, &step(&url, &["socat (>= 1.7.5)"])).await.unwrap();
    assert_eq!(recorded(&host).await, ["socat 1.7 → 1.8"]);
    let kept = undo(&host).await.kept;
    assert_eq!(kept, ["keep package socat: it was 1.7 before, and packages never go back"]);
    assert_eq!(host.installed(), "socat 1.8");
}

#[tokio::test]
async fn a_service_whose_package_was_raised_is_left_to_its_owner() {
    let host = AptHost::new(&[("web", "0")]);
    host.write("srv/active-web.service", "");
    let (url, _) = Archive::get().serve();
    let (_, outcome) = walk(&host, &step(&url, &["web (>= 1)"])).await.unwrap();
    let Some(Outcome::DoneWithWarning(text)) = outcome else { panic!("{outcome:?}") };
    assert!(text.ends_with("until `systemctl restart web.service`"), "{text}");
    assert!(host.path("srv/active-web.service").exists());
}

#[tokio::test]
async fn a_step_that_a_power_cut_stopped_goes_on_and_is_undone_whole() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    let action = step(&url, &["last", "conntrack"]);
    host.write("srv/hold", "");
    host.cut_when("srv/began");
    walk(&host, &action).await.unwrap_err();
    std::fs::remove_file(host.path("srv/hold")).unwrap();
    let (_, outcome) = walk(&host, &action).await.unwrap();
    assert_eq!(outcome, Some(Outcome::Done));
    assert_eq!(host.installed(), "conntrack 1.4-1, last 1, libtoy 2.0, slow 1");
    assert_eq!(walk(&host, &action).await.unwrap(), (Need::Satisfied, None));
    assert_eq!(undo(&host).await.kept, Vec::<String>::new());
    assert_eq!(host.installed(), "");
}

/// As with another bundle after a power cut.
#[tokio::test]
async fn a_retry_that_brings_more_has_it_on_record_and_leaves_its_services_alone() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    host.write("srv/hold", "");
    host.cut_when("srv/began");
    walk(&host, &step(&url, &["last"])).await.unwrap_err();
    std::fs::remove_file(host.path("srv/hold")).unwrap();
    walk(&host, &step(&url, &["last", "conntrack", "web"])).await.unwrap();
    let mut lines = recorded(&host).await;
    lines.sort();
    let new = ["conntrack", "last", "libtoy", "slow", "web"].map(|name| format!("{name} is new"));
    assert_eq!(lines, new);
    assert!(!host.path("etc/systemd/system/multi-user.target.wants/web.service").is_symlink());
    assert_eq!(undo(&host).await.kept, Vec::<String>::new());
    assert_eq!(host.installed(), "");
}

#[tokio::test]
async fn a_retry_installs_again_what_went_after_the_installation_ended() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    let action = step(&url, &["web"]);
    let systemctl = host.text("../upper/bin/systemctl");
    let failing = "\n[ \"$1\" != daemon-reload ] || exit 1\n";
    host.write("../upper/bin/systemctl", systemctl.replacen('\n', failing, 1));
    walk(&host, &action).await.unwrap_err();
    assert_eq!(host.installed(), "web 1");
    host.write("../upper/bin/systemctl", systemctl);
    assert!(host.sh("dpkg --purge web").success());
    let (_, outcome) = walk(&host, &action).await.unwrap();
    assert_eq!((outcome, host.installed().as_str()), (Some(Outcome::Done), "web 1"));
}

#[tokio::test]
async fn what_somebody_removes_before_the_end_is_told_and_not_called_done() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    let somebody = "[ \"$1\" != daemon-reload ] || dpkg --purge conntrack";
    let systemctl = host.text("../upper/bin/systemctl");
    let own = systemctl.replacen('\n', &format!("\n{somebody}\n"), 1);
    host.write("../upper/bin/systemctl", own);
    let error = walk(&host, &step(&url, &["conntrack"])).await.unwrap_err();
    let expected = "w-1: packages changed meanwhile: the release needs `conntrack`";
    assert_eq!(error.to_string(), expected);
    host.write("../upper/bin/systemctl", systemctl);
    walk(&host, &step(&url, &["conntrack"])).await.unwrap();
    assert_eq!(host.installed(), "conntrack 1.4-1, libtoy 2.0");
}

#[tokio::test]
async fn a_step_that_a_power_cut_stopped_can_be_undone_at_once() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    host.write("srv/hold", "");
    host.cut_when("srv/began");
    walk(&host, &step(&url, &["last", "conntrack"])).await.unwrap_err();
    assert_eq!(undo(&host).await.kept, Vec::<String>::new());
    let books = host.text("var/lib/dpkg/status");
    assert!(!books.contains("install ok"), "{books}");
}

#[tokio::test]
async fn what_would_do_harm_is_refused_before_anything_changes() {
    let host = AptHost::new(&[("enemy", "1")]);
    let (url, _) = Archive::get().serve();
    let error = walk(&host, &step(&url, &["rival", "conntrack"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "w-1: the packages cannot be installed: packages of the site would be removed: enemy"
    );
    assert!(error.hint().unwrap().contains("`bottari-installer facts --packages`"));
    assert_eq!((host.installed().as_str(), recorded(&host).await.len()), ("enemy 1", 0));
}
