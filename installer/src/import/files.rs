//! What each file is, which of them go together, and which lines are nobody's.

use super::{
    findings::{Findings, Spot},
    names::Kind,
    shell::Script,
};
use console::text;
use manifests::cluster::{Mistake, Place};
use std::collections::BTreeMap;

const BEGINNING: Place = Place { line: 1, column: 1 };

/// Where each kind of file is among those that were given.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) one: Option<usize>,
    pub(super) several: Option<usize>,
    pub(super) edge: Option<usize>,
    pub(super) mesh: Option<usize>,
}

/// Sorts the files; mistakes of single lines are told on the way.
pub(super) fn sort(scripts: &[Script], findings: &Findings) -> Files {
    let mut files = Files::default();
    for (file, script) in scripts.iter().enumerate() {
        let kind = Kind::of(script);
        let beginning = Spot { file, place: BEGINNING };
        if let Some(place) = script.writes {
            let message = "this script writes files of variables: run it yourself, as the guide of \
                           K-PaaS says, and import what it wrote";
            findings.mistake(Spot { file, place }, message);
            continue;
        }
        refused(script, kind, file, findings);
        let slot = match kind {
            Some(Kind::One) => &mut files.one,
            Some(Kind::Several) => &mut files.several,
            Some(Kind::Edge) => &mut files.edge,
            Some(Kind::Mesh) => &mut files.mesh,
            Some(Kind::Portal) => {
                let message = "these are variables of the portal, which no release carries: leave \
                               the file out";
                findings.mistake(beginning, message);
                continue;
            }
            None => {
                if script.refusals.is_empty() {
                    findings.mistake(beginning, "no variable of K-PaaS is set here");
                }
                continue;
            }
        };
        if slot.replace(file).is_some() {
            findings
                .mistake(beginning, "an earlier file is of the same kind: import one at a time");
        }
        if let Some(kind) = kind {
            lines(script, kind, file, findings);
        }
    }
    combination(&files, findings);
    files
}

/// The portal's file for a mesh asks `kubectl` in its second half, also as it is
/// shipped. Nothing of it is needed, so that this is no mistake there.
fn refused(script: &Script, kind: Option<Kind>, file: usize, findings: &Findings) {
    let spot = |refusal: &Mistake| Spot { file, place: refusal.place };
    match (kind, script.refusals.split_first()) {
        (Some(Kind::Mesh), Some((first, rest))) => {
            let more = text::count(rest.len() as u64, "more line", "more lines");
            let more =
                if rest.is_empty() { String::new() } else { format!(", and {more} like it") };
            let message = format!("not read and not needed: {}{more}", first.message);
            findings.unsaid(spot(first), None, message);
        }
        _ => script.refusals.iter().for_each(|refusal| {
            findings.mistake(spot(refusal), refusal.message.clone());
        }),
    }
}

fn lines(script: &Script, kind: Kind, file: usize, findings: &Findings) {
    let mut firsts: BTreeMap<&str, u64> = BTreeMap::new();
    for assignment in &script.assignments {
        let name = assignment.name.as_str();
        let spot = Spot { file, place: assignment.place };
        if !kind.has(name) && !assignment.helps.get() && kind != Kind::Mesh {
            let meant = kind.nearest(name);
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            findings.mistake(spot, format!("unknown variable `{name}`{meant}"));
        }
        if let Some(first) = firsts.get(name).filter(|_| kind != Kind::Mesh) {
            findings.mistake(spot, format!("`{name}` is set twice, first in line {first}"));
        }
        firsts.entry(name).or_insert(assignment.place.line);
    }
}

/// What K-PaaS has no installation for.
fn combination(files: &Files, findings: &Findings) {
    let wrong = |file: usize, message: &str| {
        findings.mistake(Spot { file, place: BEGINNING }, message);
    };
    match (files.edge, files.one, files.several) {
        (Some(edge), None, _) => {
            wrong(edge, "edge nodes join a single cluster: import its cp-cluster-vars.sh with it");
        }
        (Some(edge), Some(_), Some(_)) => {
            wrong(edge, "K-PaaS has edge nodes for a single cluster alone, not in a federation");
        }
        _ => {}
    }
    if let (Some(mesh), None) = (files.mesh, files.several) {
        wrong(mesh, "a mesh joins several clusters: import their cp-cluster-vars.sh with it");
    }
}
