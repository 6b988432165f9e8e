//! Rules about versions: told with their page, acknowledged with a reason, and
//! asked again on the day that somebody looks.

use crate::office::Office;
use std::fs;

const LOCK: &str = "lock releases/demo.yaml --mirrors mirrors.yaml";
const CHECK: &str = "check releases/demo.lock --offline";

const RULES: &str = "
rules:
- id: tools-network
  says: The network follows the tools.
  source: https://network.example.org/versions
  read: 2026-11-21
  supports: {of: network, with: node-tools, minors: {older: 0, newer: 0}}
- id: tools-support
  says: Tools get fixes for a year.
  source: https://tools.example.org/releases
  read: 2026-11-21
  end-of-support: {of: node-tools, ends: {1.33: 2999-12-31, 1.32: 2020-01-01}}
- id: somebody-else
  says: This is not in the demo.
  source: https://else.example.org
  read: 2026-11-21
  retired: {of: something-else, until: 2020-01-01, instead: nothing}
";

/// An office with rules, whose release acknowledges these.
fn office(acknowledged: &str) -> Office {
    let office = Office::open();
    fs::create_dir_all(office.path("rules")).unwrap();
    fs::write(office.path("rules/demo.yaml"), RULES).unwrap();
    let text = fs::read_to_string(&office.demo.release).unwrap();
    fs::write(&office.demo.release, format!("{text}{acknowledged}")).unwrap();
    office
}

const MEANT: &str =
    "acknowledged: [{rule: tools-network, version: v1.4.2, reason: the demo has no network}]\n";

#[test]
fn lock_tells_what_does_not_go_together_and_ends_with_10() {
    let office = office("");
    let outcome = office.try_builder(&format!("-q {LOCK}"));
    assert_eq!(outcome.code, Some(10));
    insta::assert_snapshot!(outcome.stderr, @"
    warning: network v1.4.2: expected node-tools 1.4, found v1.33.5
      tools-network: The network follows the tools. (https://network.example.org/versions)
    ");
    let outcome = office.try_builder(LOCK);
    let (_, advice) = outcome.stderr.split_once("/versions)\n").unwrap();
    insta::assert_snapshot!(advice, @"
    take other versions, or say in the release that you mean it, such as:
      acknowledged:
      - rule: tools-network
        version: v1.4.2
        reason: WHY
    ");
}

#[test]
fn what_is_acknowledged_stays_in_the_report_and_ends_with_0() {
    let office = office(MEANT);
    let outcome = office.builder(LOCK);
    let told = &outcome.stderr[outcome.stderr.find("acknowledged:").unwrap()..];
    insta::assert_snapshot!(told, @"
    acknowledged: network v1.4.2: expected node-tools 1.4, found v1.33.5
      tools-network: the demo has no network (https://network.example.org/versions)
    ");
    assert!(office.builder(CHECK).stdout.ends_with(told), "{told}");
    let built = office.builder("build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b");
    assert!(!built.stderr.contains("tools-network"), "{}", built.stderr);
}

#[test]
fn the_lockfile_carries_what_concerns_it_and_no_verdict() {
    let office = office(MEANT);
    office.builder(LOCK);
    let lockfile = fs::read_to_string(office.path("releases/demo.lock")).unwrap();
    let (_, rules) = lockfile.split_once("rules:\n").unwrap();
    insta::assert_snapshot!(rules, @r#"
    - id: tools-network
      says: The network follows the tools.
      source: https://network.example.org/versions
      read: "2026-11-21"
      supports:
        of: network
        with: node-tools
        minors:
          older: 0
          newer: 0
    - id: tools-support
      says: Tools get fixes for a year.
      source: https://tools.example.org/releases
      read: "2026-11-21"
      end-of-support:
        of: node-tools
        ends:
          "1.33": "2999-12-31"
    acknowledged:
    - rule: tools-network
      version: v1.4.2
      reason: the demo has no network
    "#);
}

#[test]
fn support_that_ends_while_a_lockfile_lies_around_is_told_by_check() {
    let office = office(MEANT);
    office.builder(LOCK);
    office.builder(CHECK);
    let later = office.try_builder(&format!("-q {CHECK} --on 3000-01-01"));
    assert_eq!(later.code, Some(10));
    insta::assert_snapshot!(later.stderr, @"
    warning: node-tools v1.33.5: support of 1.33.x ended on 2999-12-31
      tools-support: Tools get fixes for a year. (https://tools.example.org/releases)
    ");
}

#[test]
fn a_lockfile_is_the_same_on_any_day() {
    let office = office(MEANT);
    office.builder(LOCK);
    let today = office.read("releases/demo.lock");
    assert_eq!(office.try_builder(&format!("{LOCK} --on 3000-01-01")).code, Some(10));
    assert_eq!(office.read("releases/demo.lock"), today);
}

#[test]
fn a_bundle_is_built_all_the_same() {
    let office = office("");
    office.try_builder(LOCK);
    let line = "--json build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b";
    let outcome = office.try_builder(line);
    assert_eq!(outcome.code, Some(10));
    assert!(office.path("b").exists());
    let told: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(told["warnings"][0]["rule"], "tools-network");
}

#[test]
fn programs_read_the_same_of_lock_and_check() {
    let office = office(MEANT);
    for line in [LOCK, CHECK] {
        let outcome = office.builder(&format!("--json {line}"));
        let told: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let expected = serde_json::json!([{
            "rule": "tools-network",
            "subject": "network",
            "version": "v1.4.2",
            "message": "network v1.4.2: expected node-tools 1.4, found v1.33.5",
            "says": "The network follows the tools.",
            "source": "https://network.example.org/versions",
            "acknowledged": "the demo has no network",
        }]);
        assert_eq!(told["warnings"], expected, "{line}");
    }
}

#[test]
fn an_acknowledgement_that_meets_nothing_is_a_mistake() {
    let cases = [
        (
            "{rule: tools-netwrk, reason: r}",
            "no rule `tools-netwrk` is known; did you mean `tools-network`?",
        ),
        (
            "{rule: tools-network, version: v1, reason: r}",
            "nothing here goes against `tools-network for v1`",
        ),
        (
            "{rule: somebody-else, reason: r}",
            "nothing here goes against `somebody-else`; take it out",
        ),
    ];
    for (acknowledgement, expected) in cases {
        let office = office(&format!("acknowledged: [{acknowledgement}]\n"));
        let refusal = office.refusal(LOCK);
        assert!(refusal.contains(expected), "{refusal}");
        assert!(refusal.ends_with("exit code 20"), "{refusal}");
    }
}

#[test]
fn what_concerns_a_profile_may_be_acknowledged_by_those_who_do_not_take_it() {
    let office = office(MEANT);
    let text = fs::read_to_string(&office.demo.release).unwrap();
    let pick = "- name: network\n  version: v1.4.2\n";
    assert!(text.contains(pick));
    let text = text
        .replace(pick, &format!("{pick}  profiles: [net]\n"))
        .replace("components:\n", "profiles: [{name: net, title: a network}]\ncomponents:\n");
    fs::write(&office.demo.release, text).unwrap();
    let locked = |line: &str| {
        office.builder(line);
        fs::read_to_string(office.path("releases/demo.lock")).unwrap()
    };
    assert!(!locked(LOCK).contains("tools-network"));
    assert!(locked(&format!("{LOCK} --profile net")).contains("- rule: tools-network\n"));
}

#[test]
fn an_end_of_support_may_be_acknowledged_before_it_comes() {
    let office = office("acknowledged: [{rule: tools-support, reason: r}]\n");
    assert_eq!(office.try_builder(LOCK).code, Some(10), "of the other rule");
}

#[test]
fn a_mistake_in_a_rule_names_its_line() {
    let office = office("");
    fs::write(office.path("rules/demo.yaml"), RULES.replace("older: 0", "older: none")).unwrap();
    let refusal = office.refusal(LOCK);
    assert!(refusal.contains("releases/../components/../rules/demo.yaml` line 7"), "{refusal}");
    assert!(refusal.ends_with("exit code 20"), "{refusal}");
}
