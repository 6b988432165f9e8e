//! Where the documents of K-PaaS contradict each other the release says which it
//! follows, and names what it decided between.

use crate::data::{Lines, assert_same, at_hand, kpaas, read};
use manifests::release::Release;

/// Where the release answers.
#[derive(Debug, Clone, Copy)]
enum At {
    /// In the `why` of this pick.
    Pick(&'static str, &'static str),
    /// In the `why` of this omission.
    Omitted(&'static str),
}

use At::{Omitted, Pick};

/// Where it answers, and what the answer must name.
type Answer = (At, &'static [&'static str]);

/// Every row of the notes' table of conflicts with its answers.
const CONFLICTS: &[(&str, &[Answer])] = &[
    ("Helm", &[(Pick("helm", "v3.18.4"), &["3.17.4", "3.18.4"])]),
    ("MetalLB", &[(Pick("metallb", "v0.14.9"), &["0.14.9", "0.13.9"])]),
    ("etcd", &[(Pick("etcd", "v3.5.23"), &["3.5.23", "3.5.21-0"])]),
    (
        "OpenBao",
        &[(
            Omitted("load balancer controllers of NHN and NAVER, and OpenBao"),
            &["2.2.0", "0.19.0", "0.12.0"],
        )],
    ),
    (
        "KubeEdge / EdgeMesh",
        &[
            (Pick("kubeedge", "v1.20.0"), &["1.20.0", "1.14.4", "1.30.7", "1.24.17"]),
            (Pick("kubeedge", "v1.14.4"), &["1.14.4", "1.20.0", "1.24.17", "1.30.7", "1.30.4"]),
            (Pick("edgemesh", "v1.16.0"), &["1.16.0", "1.12.0"]),
            (Pick("edgemesh", "v1.12.0"), &["1.12.0", "1.16.0"]),
            (Pick("cri-o", "v1.30.0"), &["1.30.0", "1.24.0"]),
        ],
    ),
    (
        "Rook operator image",
        &[(Pick("rook", "v1.18.5"), &["rook/ceph:v1.18.5", "registry.k-paas.org/rook-ceph/ceph"])],
    ),
    (
        "nfs-subdir-external-provisioner",
        &[(Pick("nfs-subdir-external-provisioner", "4.0.18"), &["4.0.18", "v4.0.2"])],
    ),
    ("etcd \"stacked\"", &[(Pick("etcd", "v3.5.23"), &["systemd", "stacked"])]),
    (
        "Istio CSP guide (seed 002)",
        &[
            (Pick("istio", "1.27.3"), &["1.27.3", "1.26.0"]),
            (Pick("istioctl", "1.27.3"), &["1.27.3", "1.26.0"]),
            (Pick("kubernetes", "v1.33.5"), &["kubectl", "1.32.3"]),
            (Pick("helm", "v3.18.4"), &["3.16.4"]),
            (Pick("smallstep-cli", "v0.24.4"), &["0.24.4", "1.26.0", "1.27.3"]),
            (Pick("metallb", "v0.14.9"), &["0.14.8"]),
        ],
    ),
    (
        "KubeEdge vs Kubernetes",
        &[
            (Pick("kubeedge", "v1.20.0"), &["built on 1.30.7", "up to 1.30", "1.33.5"]),
            (Pick("kubeedge", "v1.14.4"), &["built on Kubernetes 1.24.17"]),
        ],
    ),
];

#[test]
fn the_release_answers_every_conflict_and_names_what_it_decided_between() {
    let (release, _) = kpaas();
    for (conflict, answers) in CONFLICTS {
        for (at, named) in *answers {
            let why = why(&release, *at)
                .unwrap_or_else(|| panic!("{conflict}: nothing is said at {at:?}"));
            for word in *named {
                assert!(says(&why, word), "{conflict}: {at:?} does not name `{word}`: {why}");
            }
        }
    }
}

#[test]
fn the_table_has_every_conflict_that_the_research_notes_have() {
    let Some(notes) = at_hand("../../shared/payload.md") else { return };
    let notes = read(&notes);
    let (_, section) = notes.split_once("### Version conflicts").expect("the notes have it");
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<_> = rows.map(|row| row.split(" | ").map(clean).collect::<Vec<_>>()).collect();
    let items: Lines = rows.iter().map(|cells| cells[0].clone()).collect();
    let table: Lines = CONFLICTS.iter().map(|(conflict, _)| (*conflict).to_owned()).collect();
    assert_same(("the notes", &items), ("the table", &table));
    assert_eq!(rows.len(), CONFLICTS.len());
}

/// The cell of a table without its frame.
fn clean(cell: &str) -> String {
    cell.trim().trim_matches('|').trim().to_owned()
}

fn why(release: &Release, at: At) -> Option<String> {
    let reason = match at {
        Pick(name, version) => {
            let mut picks = release.components.iter();
            picks
                .find(|pick| pick.name.as_str() == name && pick.version.as_str() == version)
                .and_then(|pick| pick.why.as_ref())
        }
        Omitted(what) => {
            let mut omitted = release.omitted.iter();
            omitted.find(|one| one.what.as_str() == what).map(|one| &one.why)
        }
    };
    reason.map(ToString::to_string)
}

/// Whether a text names a version: `1.30`, and not only `1.30.7`.
fn says(text: &str, word: &str) -> bool {
    let goes_on = |rest: &str| {
        let mut next = rest.chars();
        match next.next() {
            Some('.') => next.next().is_some_and(|c| c.is_ascii_digit()),
            other => other.is_some_and(|c| c.is_ascii_digit()),
        }
    };
    text.match_indices(word).any(|(at, _)| {
        let begun = text[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.');
        !begun && !goes_on(&text[at + word.len()..])
    })
}
