//! Real apt and dpkg judge, on hosts in folders.

use super::{
    Repository, Simulation, advice, install, look, outdated, parse, prepare, rehearse, settle,
    simulate,
    testing::{AptHost, Archive, closed_to_strangers},
};
use crate::transport::Finished;
use manifests::{Arch, Failure, packages::Wish};

fn wishes(texts: &[&str]) -> Vec<Wish> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn repository(url: &str) -> Repository {
    let key = Archive::get().key.clone();
    Repository {
        url: url.parse().unwrap(),
        arch: Arch::Amd64,
        key,
        authority: None,
        in_release: None,
    }
}

/// A host that has asked the repository.
async fn prepared(packages: &[(&str, &str)]) -> AptHost {
    let host = AptHost::new(packages);
    let (url, _) = Archive::get().serve();
    prepare(host.remote(), &repository(&url)).await.unwrap();
    host
}

async fn simulated(host: &AptHost, wanted: &[&str]) -> Simulation {
    simulate(host.remote(), &wishes(wanted)).await.unwrap()
}

/// Installs as the unit would, waiting for nobody.
fn installed(host: &AptHost, wanted: &[&str]) -> Finished {
    host.sh(&format!("set -eu\n{}", install::script(&wishes(wanted), 0)))
}

fn changes(simulation: &Simulation) -> String {
    let change = |one: &super::Change| {
        let from = one.from.as_ref().map(|from| format!("{from} → ")).unwrap_or_default();
        format!("{} {from}{}", one.name, one.to)
    };
    simulation.install.iter().chain(&simulation.upgrade).map(change).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn packages_come_from_our_repository_alone_and_the_site_s_apt_sees_nothing() {
    let host = AptHost::new(&[("socat", "1.7")]);
    let site = host.site();
    let (url, asked) = Archive::get().serve();
    prepare(host.remote(), &repository(&url)).await.unwrap();
    let wanted = ["conntrack", "socat"];
    let simulation = simulated(&host, &wanted).await;
    assert_eq!(changes(&simulation), "libtoy 2.0, conntrack 1.4-1");
    assert_eq!((simulation.obstacles(), simulation.summary()), (vec![], "2 new".to_owned()));
    let said = installed(&host, &wanted);
    assert!(said.success(), "{}", said.text());
    assert_eq!(host.installed(), "conntrack 1.4-1, libtoy 2.0, socat 1.7");
    assert!(simulated(&host, &wanted).await.is_nothing());
    assert!(host.site() == site, "the site's apt has changed");
    assert!(asked.lock().unwrap().iter().any(|path| path.ends_with("/libtoy_2.0_all.deb")));
}

/// apt by itself keeps the index with the later date, and says nothing.
#[tokio::test]
async fn an_older_bundle_counts_when_it_is_served_after_a_later_one() {
    let (host, later) = (AptHost::new(&[]), Archive::later());
    let (url, _, place) = later.serve_changing();
    let newer = Repository { key: later.key.clone(), ..repository(&url) };
    prepare(host.remote(), &newer).await.unwrap();
    assert_eq!(changes(&simulated(&host, &["conntrack"]).await), "conntrack 1.5-1");
    *place.lock().unwrap() = Archive::get().root();
    prepare(host.remote(), &repository(&url)).await.unwrap();
    assert_eq!(changes(&simulated(&host, &["conntrack"]).await), "libtoy 2.0, conntrack 1.4-1");
    assert!(installed(&host, &["conntrack"]).success());
    assert_eq!(host.installed(), "conntrack 1.4-1, libtoy 2.0");
}

/// As who sits on the line may serve it, where HTTP is plain.
#[tokio::test]
async fn only_the_index_of_the_plan_counts_among_those_of_its_key() {
    let host = AptHost::new(&[]);
    let (url, _) = Archive::get().serve();
    let index = std::fs::read(Archive::get().root().join("dists/bottari/InRelease")).unwrap();
    let planned = |digest| Repository { in_release: Some(digest), ..repository(&url) };
    prepare(host.remote(), &planned(bundles::sha256(&index))).await.unwrap();
    let other = planned(bundles::sha256(b"of another bundle"));
    let error = prepare(host.remote(), &other).await.unwrap_err();
    let (expected, found) = (other.in_release.unwrap(), bundles::sha256(&index));
    assert_eq!(
        error.to_string(),
        format!(
            "w-1: {url} serves the packages of another bundle: expected an InRelease of {expected}, found {found}"
        )
    );
    assert!(error.hint().unwrap().contains("`bottari-installer plan`"));
    assert!(!installed(&host, &["conntrack"]).success());
}

#[tokio::test]
async fn a_server_that_asks_for_a_user_is_told_with_the_way_out() {
    let host = AptHost::new(&[]);
    let error = prepare(host.remote(), &repository(&closed_to_strangers())).await.unwrap_err();
    assert!(error.to_string().contains("lets users in alone"), "{error}");
    assert!(error.hint().unwrap().contains("--anonymous-pull"), "{error}");
}

#[tokio::test]
async fn a_repository_that_is_not_there_or_signed_by_others_is_told() {
    let host = AptHost::new(&[]);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, _) = Archive::get().serve();
    let stranger = include_str!("testing/stranger.asc").to_owned();
    let unsigned = Repository { key: stranger, ..repository(&url) };
    for (repository, way_out) in [
        (repository(&format!("http://{closed}")), "`bottari-installer serve` runs"),
        (unsigned, "somebody else answers"),
    ] {
        let error = prepare(host.remote(), &repository).await.unwrap_err();
        let expected = "w-1: `fetch the lists of packages` ended with status 100";
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().unwrap().contains(way_out), "{:?}", error.hint());
        assert!(!installed(&host, &["conntrack"]).success());
        assert_eq!(host.installed(), "");
    }
}

#[tokio::test]
async fn over_https_only_the_site_s_own_authority_counts() {
    let host = AptHost::new(&[]);
    let (url, authority) = Archive::get().serve_tls();
    std::fs::create_dir_all(host.path("etc/bottari")).unwrap();
    let path = "/etc/bottari/packages-ca.crt";
    host.write(path, &authority);
    let trusting = Repository { authority: Some(path.parse().unwrap()), ..repository(&url) };
    prepare(host.remote(), &trusting).await.unwrap();
    assert!(installed(&host, &["conntrack"]).success());
    let (_, stranger) = Archive::get().serve_tls();
    host.write(path, &stranger);
    for repository in [trusting, repository(&url)] {
        let error = prepare(host.remote(), &repository).await.unwrap_err();
        let said = std::error::Error::source(&error).unwrap().to_string();
        assert!(said.contains("certificate"), "{said}");
        assert!(error.hint().unwrap().contains("with the certificate of the site"), "{said}");
    }
}

#[tokio::test]
async fn a_package_in_a_good_version_stays_and_an_older_one_is_raised() {
    let host = prepared(&[("socat", "1.9")]).await;
    let wanted = ["socat (>= 1.7.5)"];
    assert!(simulated(&host, &wanted).await.is_nothing());
    assert!(installed(&host, &wanted).success());
    assert_eq!(host.installed(), "socat 1.9");
    let host = prepared(&[("socat", "1.7")]).await;
    let simulation = simulated(&host, &wanted).await;
    assert_eq!(simulation.summary(), "socat 1.7 → 1.8");
    assert!(installed(&host, &wanted).success());
    assert_eq!(host.installed(), "socat 1.8");
}

#[tokio::test]
async fn nothing_of_the_site_is_removed_or_goes_back() {
    let host = prepared(&[("enemy", "1"), ("socat", "1.9")]).await;
    let before = host.text("var/lib/dpkg/status");
    for (wanted, obstacle) in [
        ("rival", "packages of the site would be removed: enemy"),
        ("socat (= 1.8)", "the release needs `socat (= 1.8)`, but 1.9 is to be installed"),
    ] {
        let simulation = simulated(&host, &[wanted]).await;
        assert_eq!(simulation.obstacles(), [obstacle]);
        // And apt itself would not.
        assert!(!installed(&host, &[wanted]).success());
        assert_eq!(host.text("var/lib/dpkg/status"), before, "{wanted}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_named_with_the_reason() {
    let host = prepared(&[("socat", "1.7")]).await;
    let obstacles = simulated(&host, &["nosuch", "socat (>= 3)", "conntrack"]).await.obstacles();
    assert_eq!(
        obstacles,
        [
            "the release needs `nosuch`, which is neither there nor in the repository",
            "the release needs `socat (>= 3)`, but 1.7 is to be installed",
        ]
    );
    let obstacles = simulated(&host, &["needy"]).await.obstacles();
    assert_eq!(
        obstacles,
        ["`needy` needs `libc6 (>= 99)`, which is neither there nor in the repository"]
    );
    assert!(host.sh("echo socat hold | dpkg --set-selections").success());
    let obstacles = simulated(&host, &["socat (>= 1.7.5)"]).await.obstacles();
    assert_eq!(
        obstacles,
        ["the release needs `socat (>= 1.7.5)`, but 1.7 is to be installed (it is held there)"]
    );
    assert!(!installed(&host, &["socat (>= 1.7.5)"]).success());
    assert_eq!(host.installed(), "socat 1.7");
    let unpacked = host.text("var/lib/dpkg/status").replace("ok installed", "ok half-configured");
    host.write("var/lib/dpkg/status", unpacked);
    let obstacles = simulated(&host, &["conntrack"]).await.obstacles();
    assert_eq!(obstacles, ["packages are installed in part: socat"]);
}

#[tokio::test]
async fn a_package_that_was_broken_before_us_is_told_as_that_and_in_nobody_s_way() {
    let host = prepared(&[("socat", "1.7")]).await;
    let theirs = "\nPackage: z\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\
        Maintainer: Nobody <nobody@example.org>\nDepends: y (>= 2)\nDescription: a toy\n\n";
    host.write("var/lib/dpkg/status", host.text("var/lib/dpkg/status") + theirs);
    let expected = "broken before us: `z` needs `y (>= 2)`: \
        repair it with the site's own apt (`apt-get --fix-broken install`)";
    assert_eq!(simulated(&host, &["conntrack"]).await.obstacles(), [expected]);
    assert!(!installed(&host, &["conntrack"]).success());
    let nothing = look(host.remote(), &wishes(&["socat"])).await.unwrap();
    assert!(nothing.is_nothing() && nothing.obstacles().is_empty(), "{nothing:?}");
}

#[test]
fn odd_names_of_the_site_are_told_as_they_are() {
    let answer = "== states\n| Vendor_x hold ok unpacked\n| X hold ok config-files\n\
        == apt\n| Remv libtoy:i386 [1]\n| Remv Vendor_y [v1]\n== status\n| 0\n== end\n";
    assert_eq!(
        parse::simulation(answer).unwrap().obstacles(),
        [
            "packages are installed in part: Vendor_x",
            "packages of the site would be removed: libtoy:i386, Vendor_y \
             (of another architecture: raise it first, or lock with the status file)",
        ]
    );
}

#[tokio::test]
async fn settings_that_somebody_changed_stay() {
    for (text, expected) in [("mine\n", "mine\n"), ("old\n", "new\n")] {
        let host = prepared(&[("settings", "1")]).await;
        host.write("etc/settings.conf", text);
        let said = installed(&host, &["settings (>= 2)"]);
        assert!(said.success(), "{}", said.text());
        assert_eq!(host.installed(), "settings 2");
        assert_eq!(host.text("etc/settings.conf"), expected);
    }
}

#[tokio::test]
async fn a_service_starts_only_when_the_release_says_so() {
    let wants = "etc/systemd/system/multi-user.target.wants/web.service";
    for (start, starts) in [(vec![], false), (vec!["web.service".parse().unwrap()], true)] {
        let host = prepared(&[]).await;
        let said = installed(&host, &["web"]);
        assert!(said.success(), "{}", said.text());
        assert!(!host.path("srv/active-web.service").exists(), "{}", said.text());
        assert!(host.path(wants).is_symlink(), "the package enables it: {}", said.text());
        let new = ["web".parse().unwrap()];
        let told = settle(host.remote(), &new, &start).await.unwrap();
        let expected = if starts { "started web.service\n" } else { "disabled web.service\n" };
        assert_eq!(told, expected);
        assert_eq!(host.path("srv/active-web.service").exists(), starts);
        assert_eq!(host.path(wants).is_symlink(), starts);
        // The host has started with it, after a power cut.
        host.write("srv/active-web.service", "");
        assert!(host.sh("systemctl enable web.service").success());
        settle(host.remote(), &new, &start).await.unwrap();
        assert_eq!(host.path("srv/active-web.service").exists(), starts);
        assert_eq!(host.path(wants).is_symlink(), starts);
    }
}

#[tokio::test]
async fn what_would_cut_off_the_host_waits_for_its_restart_and_what_has_ended_is_not_named() {
    let host = AptHost::new(&[("web", "0")]);
    host.write("srv/active-web.service", "");
    let raised = ["web".parse().unwrap()];
    let running = outdated(host.remote(), &raised).await.unwrap();
    assert_eq!(running, ["web.service"]);
    host.write("srv/pid-web.service", "0\n");
    assert!(outdated(host.remote(), &raised).await.unwrap().is_empty());
    let units = ["dbus.service", "systemd-logind.service", "web.service"].map(str::to_owned);
    let told = advice(&units);
    let end = "until the host is restarted, when convenient (dbus.service systemd-logind.service), \
        the others until `systemctl restart web.service`";
    assert!(told.ends_with(end), "{told}");
    assert!(advice(&running).ends_with("until `systemctl restart web.service`"));
}

#[tokio::test]
async fn another_package_manager_is_waited_for_and_then_told() {
    let host = prepared(&[]).await;
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
    let found = simulated(&host, &["conntrack"]).await;
    assert!(found.busy && found.obstacles().is_empty(), "{found:?}");
    let said = installed(&host, &["conntrack"]);
    assert_eq!(said.status, super::BUSY, "{}", said.text());
    // With some patience: it lets go while apt waits.
    let script = format!("set -eu\n{}", install::script(&wishes(&["conntrack"]), 60));
    let waiting = host.start(&["sh", "-c", &script].map(str::to_owned), b"");
    std::fs::remove_file(host.path("srv/held")).unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_eq!(host.installed(), "conntrack 1.4-1, libtoy 2.0");
    holder.wait().unwrap();
}

#[tokio::test]
async fn what_a_power_cut_stopped_is_ended_by_the_same_command() {
    let host = prepared(&[]).await;
    host.write("srv/hold", "");
    let wanted = ["last"];
    let script = format!("set -eu\n{}", install::script(&wishes(&wanted), 0));
    let mut running = host.start(&["sh", "-c", &script].map(str::to_owned), b"");
    while !host.path("srv/began").exists() {
        assert!(running.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(host.installed(), "");
    assert!(!simulated(&host, &wanted).await.half_done.is_empty());
    std::fs::remove_file(host.path("srv/hold")).unwrap();
    let recover = host.sh(&format!("set -eu\n{}", install::before_retry(0)));
    assert!(recover.success(), "{}", recover.text());
    let said = installed(&host, &wanted);
    assert!(said.success(), "{}", said.text());
    assert_eq!(host.installed(), "last 1, slow 1");
    assert!(simulated(&host, &wanted).await.is_nothing());
}

#[tokio::test]
async fn a_look_and_a_rehearsal_need_no_server_and_leave_nothing() {
    let host = AptHost::new(&[("socat", "1.7")]);
    let everything = || host.sh("find / -xdev -not -path '/etc/alternatives/*' | sort").text();
    let before = everything();
    let wanted = wishes(&["conntrack", "socat"]);
    let wanting = look(host.remote(), &wanted).await.unwrap();
    assert_eq!(
        wanting.unmet,
        ["the release needs `conntrack`, which is neither there nor in the repository"]
    );
    assert!(look(host.remote(), &wanted[1..]).await.unwrap().is_nothing());
    let archive = Archive::get();
    let lists: bytes::Bytes = archive.lists().into();
    let found = rehearse(host.remote(), Arch::Amd64, &archive.key, lists.clone(), &wanted).await;
    assert_eq!(changes(&found.unwrap()), "libtoy 2.0, conntrack 1.4-1");
    // Another key is no reason to believe it.
    let stranger = rehearse(host.remote(), Arch::Amd64, "", lists, &wanted).await.unwrap_err();
    assert!(stranger.to_string().contains("ask apt what it would do"), "{stranger}");
    assert_eq!(everything(), before);
}

#[test]
fn an_answer_that_is_cut_or_odd_is_none() {
    let answer =
        "== states\n== apt\n| Inst socat [1.7] (1.8 bottari [all])\n== status\n| 0\n== end\n";
    assert_eq!(changes(&parse::simulation(answer).unwrap()), "socat 1.7 → 1.8");
    for (at, _) in answer.char_indices().take(answer.len() - 2) {
        assert!(parse::simulation(&answer[..at]).is_none(), "cut at {at}");
    }
    let half = |locks: &str| {
        let text = answer
            .replace("== states\n", &format!("{locks}== states\n| ntp install ok unpacked\n"));
        parse::simulation(&text).unwrap().obstacles()
    };
    assert_eq!(half("== locks\n"), ["packages are installed in part: ntp"]);
    assert_eq!(half("== locks\n| lock\n"), ["another package manager is at work"]);
    for odd in ["Inst $(x) (1 a)", "Inst socat", "Inst socat (", "Remv", "Inst socat [;] (1 a)"] {
        let text = answer.replace("Inst socat [1.7] (1.8 bottari [all])", odd);
        assert!(parse::simulation(&text).is_none(), "{odd}");
    }
    let back =
        answer.replace("| Inst", "| The following packages will be DOWNGRADED:\n|   socat\n| Inst");
    let back = parse::simulation(&back.replace("1.7]", "1.9]")).unwrap();
    assert_eq!(back.obstacles(), ["packages of the site would go back: socat 1.9 → 1.8"]);
    let failed = answer.replace("| 0", "| 100").replace("| Inst", "| E: No space left\n| x");
    assert_eq!(parse::simulation(&failed).unwrap().obstacles(), ["apt says: No space left"]);
}
