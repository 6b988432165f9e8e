//! Small worlds in which one rule decides.

use super::{Base, Closure, ClosureError, Universe, read_index};
use manifests::{ExitCode, Failure};

/// Packages written as `name version: field value; field value`, a line each.
fn index(lines: &str) -> String {
    let paragraph = |line: &str| {
        let (head, fields) = line.trim().split_once(':').unwrap();
        let (name, version) = head.split_once(' ').unwrap();
        let fields = fields.split(';').filter_map(|field| field.trim().split_once(' '));
        let fields: Vec<_> = fields.map(|(field, value)| format!("{field}: {value}\n")).collect();
        let fields = fields.concat();
        format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\n{fields}\
             Filename: pool/{name}.deb\nSize: 1\nSHA256: {}\n",
            "0".repeat(64)
        )
    };
    lines.lines().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn universe(lines: &str) -> Universe {
    Universe::new(read_index(&index(lines)).unwrap())
}

fn base(lines: &str) -> Base {
    match lines {
        "" => Base::default(),
        _ => Base::of(read_index(&index(lines)).unwrap()),
    }
}

/// The closure in words: `name version`, and what it replaces.
fn find(world: &str, host: &str, wanted: &[&str]) -> Result<String, ClosureError> {
    let (universe, base) = (universe(world), base(host));
    let closure = Closure::find(&universe, &base, wanted)?;
    let words = closure.chosen.iter().map(|chosen| match chosen.replaces {
        None => chosen.package.to_string(),
        Some(old) => format!("{} for {old}", chosen.package),
    });
    Ok(words.collect::<Vec<_>>().join(", "))
}

fn found(world: &str, host: &str, wanted: &[&str]) -> String {
    find(world, host, wanted).unwrap()
}

#[test]
fn dependencies_of_every_depth_come_along_and_what_is_there_does_not() {
    let world = "a 1: Depends b (>= 2), c\nb 1:\nb 2: Pre-Depends d\nc 1:\nd 1: Depends e\ne 1:";
    assert_eq!(found(world, "", &["a"]), "a 1, b 2, c 1, d 1, e 1");
    assert_eq!(found(world, "c 1:\nd 1:\ne 1:", &["a"]), "a 1, b 2");
    assert_eq!(found(world, "a 1:", &["a"]), "", "a host that has it keeps it");
}

#[test]
fn what_is_on_hold_stays_as_it_is() {
    let world = universe("a 1: Depends b (>= 2)\na 2: Depends b (>= 3)\nb 2:\nb 3:");
    let host = |status: &str| {
        let text = format!("Package: b\nStatus: {status}\nVersion: 2\nArchitecture: amd64\n");
        Base::read(&text, "amd64").unwrap()
    };
    let (held, free) = (host("hold ok installed"), host("install ok installed"));
    let found = |base| -> Vec<String> {
        let closure = Closure::find(&world, base, &["a"]).unwrap();
        closure.chosen.iter().map(|chosen| chosen.package.to_string()).collect()
    };
    assert_eq!(found(&held), ["a 1"]);
    assert_eq!(found(&free), ["a 2", "b 3"], "the latest, though something has to be raised");
    let error = Closure::find(&world, &held, &["b (>= 3)"]).unwrap_err().to_string();
    assert!(error.contains("on hold there") || error.contains("b (>= 3)"), "{error}");
}

#[test]
fn recommendations_stay_away() {
    assert_eq!(found("a 1: Recommends b; Suggests b\nb 1:", "", &["a"]), "a 1");
}

#[test]
fn of_alternatives_what_is_there_counts_then_the_first() {
    let world = "a 1: Depends b | c\nb 1:\nc 1:";
    assert_eq!(found(world, "", &["a"]), "a 1, b 1");
    assert_eq!(found(world, "c 1:", &["a"]), "a 1");
    assert_eq!(found(world, "", &["a", "c"]), "a 1, c 1", "one that comes anyhow is enough");
    assert_eq!(found("a 1: Depends b (>= 2) | c\nb 1:\nc 1:", "", &["a"]), "a 1, c 1");
}

#[test]
fn virtual_packages_are_answered_by_the_more_important_provider() {
    let world = "a 1: Depends mta\np 1: Provides mta; Priority optional\nq 1: Provides mta; Priority standard";
    assert_eq!(found(world, "", &["a"]), "a 1, q 1");
    assert_eq!(found(world, "p 1: Provides mta", &["a"]), "a 1");
    assert_eq!(found(world, "", &["mta"]), "q 1");
    let versioned = "a 1: Depends api (>= 2)\np 1: Provides api (= 1)\nq 1: Provides api (= 3)\nr 1: Provides api";
    assert_eq!(found(versioned, "", &["a"]), "a 1, q 1");
}

#[test]
fn the_latest_version_is_taken_and_an_earlier_one_when_that_cannot_be() {
    let world = "a 1:\na 3: Depends none\na 2:";
    assert_eq!(found(world, "", &["a"]), "a 2");
    assert_eq!(found(world, "", &["a (<< 2)"]), "a 1");
}

#[test]
fn what_is_there_is_upgraded_only_when_something_needs_it_and_never_goes_back() {
    let world = "a 1: Depends lib (>= 2)\nlib 2:\nlib 3:\nb 1: Depends lib (= 1)";
    assert_eq!(found(world, "lib 1:", &["a"]), "a 1, lib 3 for 1");
    assert_eq!(found(world, "lib 2:", &["a"]), "a 1");
    assert_eq!(found(world, "lib 2~site:", &["a"]), "a 1, lib 3 for 2~site");
    let error = find(world, "lib 4:", &["b"]).unwrap_err();
    assert!(matches!(error, ClosureError::Conflict { .. }), "{error}");
}

#[test]
fn a_version_that_only_the_site_has_is_as_good_as_any() {
    assert_eq!(found("a 1: Depends own (>= 1)", "own 1-site7:", &["a"]), "a 1");
    assert_eq!(found("a 1: Depends mta", "own 1: Provides mta", &["a"]), "a 1");
}

#[test]
fn packages_that_exclude_each_other_do_not_come_together() {
    let world =
        "a 1: Conflicts b\nb 1:\nc 1: Depends a | d\nd 1:\ne 1: Breaks f (<< 2)\nf 1:\nf 2:";
    assert_eq!(found(world, "b 1:", &["c"]), "c 1, d 1", "the other alternative is taken");
    assert_eq!(found(world, "f 1:", &["e"]), "e 1, f 2 for 1", "a broken version is left behind");
    let error = find(world, "", &["a", "b"]).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Input);
    insta::assert_snapshot!(error, @r"
    the packages do not go together with what the hosts have:
    The following packages are incompatible
    ├─ b can be installed with any of the following options:
    │  └─ b 1
    └─ a cannot be installed because there are no viable options:
       └─ a 1 would constrain
          └─ b (`a` excludes `b`), which conflicts with any installable versions previously reported
    ");
    let own = "p 1: Provides mta; Conflicts mta\nq 1: Provides mta; Conflicts mta";
    assert_eq!(found(own, "", &["p"]), "p 1", "nobody is in his own way");
    let host = "p 1: Provides mta; Conflicts mta";
    assert!(find(own, host, &["q"]).is_err(), "nothing is removed");
    assert!(find("q 1: Provides mta", host, &["q"]).is_err(), "whoever of them says so");
}

#[test]
fn what_the_site_lives_with_is_not_for_us_to_mend() {
    let host = "broken 1: Depends gone\nx 1: Conflicts y\ny 1:\nodd 1: Depends b (?)";
    assert_eq!(found("a 1:", host, &["a"]), "a 1");
}

#[test]
fn a_slip_is_told_with_the_closest_name() {
    let error = find("conntrack 1:\nsocat 1:", "", &["contrack"]).unwrap_err();
    assert_eq!(error.to_string(), "no index has a package `contrack`, the closest is `conntrack`");
    let error = find("a 1:", "", &["a ("]).unwrap_err();
    assert!(matches!(error, ClosureError::Wanted(_)));
    let error = find("a 1: Depends b (?)\nb 1:", "", &["a"]).unwrap_err();
    assert!(error.to_string().contains("`b (?)` is no relation"), "{error}");
}

#[test]
fn a_missing_dependency_is_told_with_who_needs_it() {
    let error = find("a 1: Depends b\nb 1: Depends c (>= 2)\nc 1:", "", &["a"]).unwrap_err();
    insta::assert_snapshot!(error, @r"
    the packages do not go together with what the hosts have:
    a cannot be installed because there are no viable options:
    └─ a 1 would require
       └─ b, which cannot be installed because there are no viable options:
          └─ b 1 would require
             └─ c (>= 2), for which no candidates were found.
    ");
}

#[test]
fn the_same_world_gives_the_same_answer_in_whatever_order_it_is_read() {
    let lines = [
        "a 1: Depends m, n",
        "p 1: Provides m",
        "q 1: Provides m, n",
        "r 1: Provides n",
        "r 2: Provides n",
    ];
    let expected = found(&lines.join("\n"), "", &["a"]);
    for turn in 1..lines.len() {
        let mut turned = lines;
        turned.rotate_left(turn);
        assert_eq!(found(&turned.join("\n"), "", &["a"]), expected);
    }
}
