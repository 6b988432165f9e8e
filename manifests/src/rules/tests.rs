//! Each kind of rule with a good and a bad case, and mistakes in rule files.

use super::{Acknowledgement, Date, Picked, Rule, RuleBook, book, judge};
use crate::lockfile::Lockfile;
use std::{fs, path::Path};

/// The rules that every test here asks.
const RULES: &str = "
rules:
- id: kubelet
  says: A kubelet is not newer than its API server and at most three minor versions older.
  source: https://example.org/skew
  read: 2026-11-21
  supports:
    of: kubernetes
    with: kubernetes
    minors: {older: 3, newer: 0}
- id: runtime
  says: A runtime has the minor version of Kubernetes.
  source: https://example.org/runtime
  read: 2026-11-21
  supports:
    of: runtime
    with: kubernetes
    minors: {older: 0, newer: 0}
- id: edge
  says: Edge versions go with these of Kubernetes.
  source: https://example.org/edge
  read: 2026-11-21
  supports:
    of: edge
    with: kubernetes
    versions:
      1.20: 1.28 to 1.30
      1.9: 1.25 or older
- id: store
  says: Store 19 gets fixes until the end of October.
  source: https://example.org/store
  read: 2026-11-21
  end-of-support:
    of: quay.io/store/store
    ends:
      19: 2026-10-31
      20.2: 2027-06-01
- id: door
  says: Nobody looks after the door any more.
  source: https://example.org/door
  read: 2026-11-21
  retired:
    of: door
    until: 2026-03-31
    instead: a gateway
";

fn rules() -> Vec<Rule> {
    book::parse(Path::new("rules.yaml"), RULES).unwrap()
}

const DIGEST: &str = "sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9";

/// What a lockfile of these components and images picks: `runtime v1.33.5`,
/// `quay.io/a/b:v1`.
pub(super) fn picked(things: &[&str]) -> Picked {
    let files: String = things.iter().filter_map(|thing| thing.split_once(' ')).map(file).collect();
    let images: String = things.iter().filter(|thing| !thing.contains(' ')).map(image).collect();
    let text = format!(
        "format: bottari.lock/v1\nrelease: r\nversion: '1'\nserial: 1\ntitle: t\narches: [amd64]\n\
         compression-level: 1\nfiles: [{files}]\nimages: [{images}]\n"
    );
    Picked::of_lockfile(&Lockfile::parse(Path::new("x.lock"), &text).unwrap())
}

fn file((component, version): (&str, &str)) -> String {
    format!(
        "{{kind: file, component: {component}, version: {version}, name: f-{version}, \
         source: 'https://example.org/f', size: 1, digest: '{DIGEST}', media-type: a/b}},"
    )
}

fn image(name: &&str) -> String {
    let blob = format!("digest: '{DIGEST}', size: 1, media-type: a/b");
    format!(
        "{{name: '{name}', component: c, version: '1', {blob}, manifests: [{{{blob}, config: {{{blob}}}}}]}},"
    )
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// What the rules say of these on 21 November 2026.
fn told(things: &[&str]) -> Vec<String> {
    let warnings = judge(&rules(), &picked(things), day("2026-11-21"));
    warnings.into_iter().map(|warning| warning.message).collect()
}

#[test]
fn what_goes_together_is_not_spoken_of() {
    let good: [&[&str]; 6] = [
        &["kubernetes v1.33.5", "runtime v1.33.1"],
        &["kubernetes v1.30.7", "edge v1.20.0"],
        &["kubernetes v1.33.5", "kubernetes v1.30.7"],
        &["quay.io/store/store:v20.2.5"],
        &["runtime v1.33.1"],
        &["something-else v1", "kubernetes v1.33.5", "quay.io/store/other:v19"],
    ];
    for things in good {
        assert_eq!(told(things), Vec::<String>::new(), "{things:?}");
    }
}

#[test]
fn what_does_not_go_together_is_told_with_what_was_expected() {
    let cases: [(&[&str], &str); 6] = [
        (
            &["kubernetes v1.33.5", "runtime v1.34.0"],
            "runtime v1.34.0: expected kubernetes 1.34, found v1.33.5",
        ),
        (
            &["kubernetes v1.33.5", "edge v1.20.0"],
            "edge v1.20.0: expected kubernetes 1.28 to 1.30, found v1.33.5",
        ),
        (
            &["kubernetes v1.33.5", "edge v1.9.2"],
            "edge v1.9.2: expected kubernetes 1.25 or older, found v1.33.5",
        ),
        (
            &["kubernetes v1.33.5", "kubernetes v1.29.1"],
            "kubernetes v1.29.1: expected kubernetes 1.29 to 1.32, found v1.33.5",
        ),
        (
            &["quay.io/store/store:v19.2.3"],
            "quay.io/store/store v19.2.3: support of 19.x ended on 2026-10-31",
        ),
        (
            &["door v1.13.3"],
            "door v1.13.3: retired, looked after until 2026-03-31; instead: a gateway",
        ),
    ];
    for (things, message) in cases {
        assert_eq!(told(things), [message], "{things:?}");
    }
}

#[test]
fn a_second_version_is_there_for_somebody_else() {
    let both = ["kubernetes v1.33.5", "kubernetes v1.30.7"];
    let two = |more: &str| told(&[both[0], both[1], more]);
    assert_eq!(two("runtime v1.30.0"), Vec::<String>::new());
    assert_eq!(
        two("runtime v1.31.0"),
        ["runtime v1.31.0: expected kubernetes 1.31, found v1.30.7, v1.33.5"]
    );
}

#[test]
fn what_no_rule_speaks_of_is_not_judged() {
    let unknown = ["edge v1.21.0", "quay.io/store/store:v18.2.8", "quay.io/store/store:latest"];
    for thing in unknown {
        assert_eq!(told(&["kubernetes v1.33.5", thing]), Vec::<String>::new(), "{thing}");
    }
    assert_eq!(told(&["kubernetes v1.33.5", "runtime nightly"]), Vec::<String>::new());
}

#[test]
fn support_is_there_until_its_last_day_is_over() {
    let picked = picked(&["quay.io/store/store:v19"]);
    let on = |text| judge(&rules(), &picked, day(text)).len();
    assert_eq!((on("2026-10-31"), on("2026-11-01")), (0, 1));
}

#[test]
fn a_retired_project_is_told_of_before_its_last_day_too() {
    assert_eq!(judge(&rules(), &picked(&["door v1"]), day("2025-01-01")).len(), 1);
}

#[test]
fn a_lockfile_takes_only_what_concerns_it() {
    let picked = picked(&["kubernetes v1.33.5", "edge v1.20.0", "quay.io/store/store:v20.2.1"]);
    let concerning: Vec<_> = rules().iter().filter_map(|rule| rule.concerning(&picked)).collect();
    let names: Vec<_> = concerning.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(names, ["edge", "store"]);
    insta::assert_snapshot!(crate::yaml::render(&concerning), @r#"
    - id: edge
      says: Edge versions go with these of Kubernetes.
      source: https://example.org/edge
      read: "2026-11-21"
      supports:
        of: edge
        with: kubernetes
        versions:
          "1.20": 1.28 to 1.30
    - id: store
      says: Store 19 gets fixes until the end of October.
      source: https://example.org/store
      read: "2026-11-21"
      end-of-support:
        of: quay.io/store/store
        ends:
          "20.2": "2027-06-01"
    "#);
    let text = crate::yaml::render(&concerning);
    let read: Vec<Rule> = crate::yaml::parse(Path::new("again.yaml"), &text).unwrap();
    assert_eq!(read, concerning);
}

#[test]
fn an_acknowledgement_is_for_a_rule_or_for_one_version() {
    let picked = picked(&["kubernetes v1.33.5", "runtime v1.34.0", "runtime v1.30.0"]);
    let warnings = judge(&rules(), &picked, day("2026-11-21"));
    let met = |version: &str| -> Vec<bool> {
        let text = format!("{{rule: runtime, reason: we mean it{version}}}");
        let acknowledgement: Acknowledgement =
            crate::yaml::parse(Path::new("a.yaml"), &text).unwrap();
        warnings.iter().map(|warning| acknowledgement.meets(warning)).collect()
    };
    assert_eq!(met(""), [true, true]);
    assert_eq!(met(", version: v1.30.0"), [true, false]);
    assert_eq!(met(", version: v1.31.0"), [false, false]);
}

#[test]
fn what_one_profile_goes_against_is_acknowledged_although_another_would_do() {
    let one = "{rule: runtime, version: v1.30.0, reason: r}";
    let one: Acknowledgement = crate::yaml::parse(Path::new("a.yaml"), one).unwrap();
    let both = picked(&["kubernetes v1.33.5", "kubernetes v1.30.7", "runtime v1.30.0"]);
    assert!(one.may_be_needed(&rules(), &both) && !one.is_needed(&rules(), &both));
    let good = picked(&["kubernetes v1.30.7", "runtime v1.30.0", "runtime v1.33.0"]);
    assert!(!one.may_be_needed(&rules(), &good));
}

#[test]
fn mistakes_name_the_line_and_what_was_expected() {
    let cases = [
        ("    minors: {older: 3, newer: 0}\n", "", "line 3, column 3: rule `kubelet` needs either"),
        ("of: runtime", "of: run/time", "line 16, column 9: `run/time` is not a component or"),
        ("of: runtime", "of: Runtime", "line 16, column 9: `Runtime` is not a component or"),
        ("until: 2026-03-31", "until: March 2026", "line 44, column 12: `March 2026` is not a day"),
        ("1.28 to 1.30", "1.30 to 1.28", "line 27, column 13: `1.30 to 1.28` is not a range"),
        ("19: 2026", "squid: 2026", "line 36, column 7: `squid` is not a line of versions"),
        ("instead: a gateway", "insted: a", "line 45, column 5: unknown field `insted`"),
        ("says: Edge", "said: Edge", "line 20, column 3: unknown field `said`"),
        ("https://example.org/edge", "http://example.org/edge", "expected an https page"),
        ("  end-of-support:", "  supports:", "line 35, column 5: unknown field `ends`"),
    ];
    for (from, to, expected) in cases {
        assert!(RULES.contains(from), "{from}");
        let error = book::parse(Path::new("rules.yaml"), &RULES.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_examples_of_the_guide_are_rules_and_an_acknowledgement() {
    let guide = include_str!("../../../docs/rules.md");
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let [acknowledged, written] = blocks.map(|(text, _)| text).collect::<Vec<_>>()[..] else {
        panic!("expected two examples")
    };
    assert_eq!(book::parse(Path::new("the guide"), written).unwrap().len(), 4);
    let (_, list) = acknowledged.split_once("acknowledged:\n").unwrap();
    let list: Vec<Acknowledgement> = crate::yaml::parse(Path::new("the guide"), list).unwrap();
    assert_eq!(list[0].rule.as_str(), "cri-o-minor");
}

#[test]
fn a_folder_is_read_as_one_list_where_each_name_is_there_once() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rules");
    fs::create_dir(&folder).unwrap();
    let read = || RuleBook::read(std::slice::from_ref(&folder)).map_err(|error| error.to_string());
    fs::write(folder.join("b.yaml"), RULES).unwrap();
    fs::write(folder.join("notes.txt"), "not a rule").unwrap();
    let names: Vec<_> = read().unwrap().rules().iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(names, ["door", "edge", "kubelet", "runtime", "store"]);
    fs::write(folder.join("a.yaml"), RULES).unwrap();
    let twice = read().unwrap_err();
    assert!(twice.contains("b.yaml`: rule `kubelet` is in `"), "{twice}");
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(read().unwrap(), RuleBook::default());
}
