use super::*;
use crate::{
    engine::testing::{Sandbox, block_on},
    plan::PackageName,
};
use manifests::{Digest, event::Silent};
use std::{collections::BTreeSet, fs, os::unix::fs::symlink, sync::Arc};

fn step(id: &str) -> StepId {
    id.parse().unwrap()
}

fn file(path: &str, text: &str, before: Before) -> Thing {
    let ours = vec![bundles::sha256(text.as_bytes())];
    Thing::File { path: path.parse().unwrap(), ours, before }
}

fn was(text: &str) -> Before {
    Before::File {
        digest: bundles::sha256(text.as_bytes()),
        mode: "0640".parse().unwrap(),
        owner: "0:0".parse().unwrap(),
    }
}

fn ledger(things: impl IntoIterator<Item = Thing>) -> Ledger {
    let mut ledger = Ledger::default();
    for thing in things {
        ledger.intend(&step("a/x/y"), thing);
    }
    ledger
}

fn unit(name: &str) -> Thing {
    Thing::Unit { unit: name.parse().unwrap(), started_with: None }
}

#[test]
fn what_was_there_before_the_first_change_stays_on_record() {
    let mut ledger = ledger([file("/etc/crio/a", "one", was("zero"))]);
    ledger.confirm(&step("a/x/y"));
    ledger.intend(&step("a/x/z"), file("/etc/crio/a", "two", was("one")));
    assert!(ledger.has_intent(&step("a/x/z")) && !ledger.has_intent(&step("a/x/y")));
    let [Entry { thing: Thing::File { ours, before, .. }, .. }] = &ledger.entries[..] else {
        panic!("{ledger:?}")
    };
    assert_eq!(*before, was("zero"));
    let expected: Vec<Digest> = ["one", "two"].map(|text| bundles::sha256(text.as_bytes())).into();
    assert_eq!(*ours, expected);
    assert_eq!(Ledger::parse(&ledger.to_json()).unwrap(), ledger);
}

#[test]
fn a_ledger_that_names_what_no_step_places_is_refused() {
    let good = ledger([
        file("/etc/crio/a", "one", Before::Nothing),
        unit("crio.service"),
        Thing::Sysctl {
            key: "net.ipv4.ip_forward".parse().unwrap(),
            value: "1".parse().unwrap(),
            before: "0".parse().unwrap(),
        },
        Thing::Swap { devices: vec!["/dev/sda2".parse().unwrap()] },
        Thing::Package { package: "conntrack".parse().unwrap(), had_settings: false },
    ]);
    let good = good.to_json();
    for (ours, hostile) in [
        ("/etc/crio/a", "/etc/passwd"),
        ("/etc/crio/a", "/etc/crio/../passwd"),
        ("/etc/crio/a", "/etc/crio/$(reboot)"),
        ("/etc/crio/a", "etc/crio/a"),
        ("crio.service", "../../x.service"),
        ("crio.service", "--now.service"),
        ("net.ipv4.ip_forward", "kernel.core_pattern"),
        ("\"0\"", "\"0; reboot\""),
        ("/dev/sda2", "/dev/../sda2"),
        ("conntrack", "--force-all"),
        ("\"was\"", "\"is\""),
        ("\"state\"", "\"status\""),
        ("\"kind\": \"swap\"", "\"kind\": \"command\""),
    ] {
        let text = good.replace(ours, hostile);
        assert_ne!(text, good, "{ours}");
        assert!(matches!(Ledger::parse(&text), Err(LedgerError::Json(_))), "{hostile}");
    }
    let later = good.replace("ledger/v1", "ledger/v2");
    assert!(matches!(Ledger::parse(&later), Err(LedgerError::Format { .. })));
    let large = " ".repeat(LARGEST + 1);
    assert!(matches!(Ledger::parse(&large), Err(LedgerError::TooLarge { .. })));
}

#[test]
fn a_reset_stops_what_runs_and_then_goes_backwards() {
    let ledger = ledger([
        Thing::Module { module: "overlay".parse().unwrap() },
        Thing::Folder { path: "/etc/crio".parse().unwrap() },
        file("/etc/crio/a", "one", Before::Nothing),
        file("/etc/systemd/system/crio.service", "unit", was("zero")),
        unit("crio.service"),
        Thing::Package { package: "conntrack".parse().unwrap(), had_settings: false },
        Thing::Package { package: "libc6".parse().unwrap(), had_settings: false },
        Thing::Transient { of: step("a/x/init"), script: bundles::sha256(b"init"), ended: true },
    ]);
    let leaves = Leaves {
        commands: vec![LeaveCommand { title: "kubeadm reset".into(), script: "true".into() }],
        mounts: vec!["/var/lib/kubelet".parse().unwrap()],
        interfaces: vec!["cni0".parse().unwrap()],
        chains: vec!["KUBE-".parse().unwrap()],
        paths: vec!["/etc/cni".parse().unwrap()],
    };
    let packages: BTreeSet<PackageName> = ["conntrack".parse().unwrap()].into();
    let actions = plan_reset(&ledger, &leaves, &packages);
    let lines: Vec<_> = actions.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    kubeadm reset
    end the command of a/x/init
    stop crio.service
    unmount what is below /var/lib/kubelet
    delete interface cni0
    delete iptables chains KUBE-*
    remove /etc/cni and all below
    keep package libc6
    remove packages conntrack
    put back /etc/systemd/system/crio.service
    remove /etc/crio/a
    remove folder /etc/crio
    unload module overlay
    remove the ledger
    ");
    assert_eq!(plan_reset(&Ledger::default(), &leaves, &packages), []);
}

/// Resets a host by this ledger.
fn reset_by(host: &Arc<Sandbox>, ledger: &Ledger) -> ResetReport {
    host.write("var/lib/bottari/ledger.json", ledger.to_json());
    let actions = plan_reset(ledger, &Leaves::default(), &BTreeSet::new());
    let mut stored = block_on(LedgerFile::load(host.remote())).unwrap();
    block_on(reset(host.remote(), &mut stored, None, &actions, &Silent)).unwrap()
}

#[test]
fn a_file_that_somebody_changed_is_kept_and_so_is_what_it_replaced() {
    let host = Sandbox::new("a");
    host.write("etc/crio/a", "changed");
    let copy = format!("var/lib/bottari/backups/{}", bundles::sha256(b"zero").hex());
    host.write(&copy, "zero");
    let report = reset_by(&host, &ledger([file("/etc/crio/a", "one", was("zero"))]));
    assert_eq!(report.kept, ["put back /etc/crio/a: it was changed by somebody"]);
    assert_eq!(host.text("etc/crio/a"), "changed");
    assert_eq!(host.text(&copy), "zero");
    assert!(!host.path("var/lib/bottari/ledger.json").exists());
}

#[test]
fn a_replaced_file_comes_back_with_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let host = Sandbox::new("a");
    host.write("etc/crio/a", "one");
    host.write(&format!("var/lib/bottari/backups/{}", bundles::sha256(b"zero").hex()), "zero");
    let report = reset_by(&host, &ledger([file("/etc/crio/a", "one", was("zero"))]));
    assert_eq!(report, ResetReport { undone: 2, kept: vec![] });
    assert_eq!(host.text("etc/crio/a"), "zero");
    let mode = fs::metadata(host.path("etc/crio/a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    assert!(!host.path("var/lib/bottari").exists());
}

#[test]
fn a_lost_or_false_copy_restores_nothing() {
    let host = Sandbox::new("a");
    host.write("etc/crio/a", "one");
    host.write(&format!("var/lib/bottari/backups/{}", bundles::sha256(b"zero").hex()), "evil");
    let report = reset_by(&host, &ledger([file("/etc/crio/a", "one", was("zero"))]));
    assert_eq!(report.kept.len(), 1, "{report:?}");
    assert_eq!(host.text("etc/crio/a"), "one");
}

#[test]
fn a_hostile_ledger_leads_through_no_link_and_stops_no_foreign_service() {
    let host = Sandbox::new("a");
    host.write("root/precious", "one");
    symlink("/root", host.path("opt/cni")).unwrap();
    symlink("/root/precious", host.path("etc/crio/link")).unwrap();
    host.write("etc/systemd/system/ssh.service", "theirs");
    host.write(".lab/units/ssh.service.active", "");
    let hostile = ledger([
        file("/opt/cni/precious", "one", Before::Nothing),
        file("/etc/crio/link", "one", Before::Nothing),
        unit("ssh.service"),
        Thing::Package { package: "openssh-server".parse().unwrap(), had_settings: false },
        Thing::Folder { path: "/etc/crio".parse().unwrap() },
    ]);
    let report = reset_by(&host, &hostile);
    assert_eq!(host.text("root/precious"), "one");
    assert!(host.path("etc/crio/link").is_symlink());
    assert!(host.path(".lab/units/ssh.service.active").exists());
    insta::assert_snapshot!(report.kept.join("\n"), @r"
    stop ssh.service: its file was changed by somebody
    remove folder /etc/crio: it is not empty
    keep package openssh-server: it is not a package of this bundle
    remove /etc/crio/link: `/etc/crio/link` is a link
    remove /opt/cni/precious: `/opt/cni` is a link
    ");
}
