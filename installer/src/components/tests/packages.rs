//! OS packages in a plan: who gets which, from where, and after what.

use super::{Fixture, has, step};
use crate::{
    facts::Os,
    packages::{Carried, CarriedRepository},
    steps::{Action, OsPackages},
};
use manifests::{
    Failure,
    packages::{LockedSystem, Wish},
};
use serde_json::json;

fn locked(system: &str) -> LockedSystem {
    let package = |name: &str| {
        json!({
            "name": name, "version": "1:1.4-1", "arch": "amd64", "from": "bookworm/main",
            "source": format!("https://debian.example/{name}.deb"), "size": 9,
            "digest": format!("sha256:{}", "0a".repeat(32)),
        })
    };
    serde_json::from_value(json!({
        "system": system, "arch": "amd64", "base": { "name": "minimal" }, "indexes": [],
        "sets": [
            { "set": "all", "roles": ["control-plane", "worker"], "names": ["conntrack", "socat (>= 1.7)"] },
            { "set": "clocks", "roles": ["worker"], "names": ["chrony", "conntrack"], "start": ["chrony.service"] },
            { "set": "balancers", "names": ["haproxy"] },
        ],
        "packages": [package("conntrack"), package("libnetfilter-conntrack3")],
    }))
    .unwrap()
}

/// The lab, whose bundle brings packages for this system.
fn with_packages(system: &str) -> Fixture {
    let mut fixture = Fixture::lab();
    fixture.lockfile.systems = vec![locked(system)];
    let (id, version, name) = ("debian".into(), "12".into(), "Debian 12".into());
    let os = Os { id, version, name };
    for host in ["h1", "h2"] {
        fixture.facts_of(host).os = Some(os.clone());
    }
    let lists = [("dists/bottari/InRelease".to_owned(), b"the index".to_vec())].into();
    let repository = CarriedRepository { key: "the key\n".into(), lists };
    let system = system.parse().unwrap();
    fixture.contents.repositories = Carried([(system, repository)].into());
    fixture
}

fn action(fixture: &Fixture, id: &str) -> OsPackages {
    match &step(&fixture.plan().unwrap(), id).action {
        Action::OsPackages(action) => action.clone(),
        other => panic!("{other:?}"),
    }
}

fn wishes(action: &OsPackages) -> Vec<&str> {
    action.wishes.iter().map(Wish::as_str).collect()
}

#[test]
fn a_host_gets_the_sets_of_its_roles_from_the_registry() {
    let fixture = with_packages("debian-12");
    let lead = action(&fixture, "h1/prepare/os-packages");
    assert_eq!(wishes(&lead), ["conntrack", "socat (>= 1.7)"]);
    assert!(lead.start.is_empty());
    let worker = action(&fixture, "h2/prepare/os-packages");
    assert_eq!(wishes(&worker), ["chrony", "conntrack", "socat (>= 1.7)"]);
    assert_eq!(worker.start, ["chrony.service".parse().unwrap()]);
    let url = "https://10.86.0.11:5000/apt/by-release/lab/debian-12";
    assert_eq!(worker.repository.url.as_str(), url);
    assert_eq!(worker.repository.key, "the key\n");
    assert_eq!(worker.repository.in_release, Some(bundles::sha256(b"the index")));
    let authority = worker.repository.authority.unwrap();
    match &step(&fixture.plan().unwrap(), "h2/prepare/packages-ca").action {
        Action::PlaceFile(file) => assert_eq!(file.path, authority),
        other => panic!("{other:?}"),
    }
}

#[test]
fn packages_come_before_all_that_may_call_them_and_after_what_serves_them() {
    let plan = with_packages("debian-12").plan().unwrap();
    plan.check().unwrap();
    let at = |id: &str| plan.steps.iter().position(|step| step.id.as_str() == id).unwrap();
    assert!(at("h1/registry/answers") < at("h1/prepare/os-packages"));
    for (packages, later) in [
        ("h1/prepare/os-packages", "h1/prepare/modules"),
        ("h1/prepare/os-packages", "h1/runtime/crio"),
        ("h2/prepare/os-packages", "h2/prepare/modules"),
    ] {
        assert!(at(packages) < at(later), "{later}");
    }
    let needs = |id: &str| step(&plan, id).needs.clone();
    assert_eq!(needs("h1/prepare/os-packages"), []);
    assert_eq!(needs("h2/prepare/os-packages"), ["h1/registry/answers".parse().unwrap()]);
    // Without packages nothing waits, and a set that no role is named for asks nobody.
    assert!(!has(&Fixture::lab().plan().unwrap(), "h2/prepare/os-packages"));
}

#[test]
fn a_bundle_for_other_systems_or_without_its_repository_makes_no_plan() {
    let error = with_packages("ubuntu-24.04").plan().unwrap_err();
    let told = error.to_string();
    assert!(
        told.starts_with("host `h1` runs ") && told.ends_with("packages for ubuntu-24.04 amd64"),
        "{told}"
    );
    assert!(error.hint().unwrap().contains("`systems:` of the release"));
    let mut fixture = with_packages("debian-12");
    fixture.contents.repositories = Carried::default();
    let error = fixture.plan().unwrap_err();
    let expected = "the bundle has no signed repository of packages for `debian-12`";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("--apt-key"));
}

#[test]
fn a_reset_may_remove_every_package_that_the_bundle_brings() {
    let fixture = with_packages("debian-12");
    let names = fixture.contents.package_names(&fixture.lockfile);
    for name in ["conntrack", "libnetfilter-conntrack3"] {
        assert!(names.contains(&name.parse().unwrap()), "{name}");
    }
}
