//! What `lock` says of where digests come from: what projects publish, what
//! third parties pinned, and what nobody but us has ever written down.

use console::{Console, text};
use manifests::{component::Trust, lockfile::Lockfile, provenance::Proof};
use serde_json::{Value, json};

/// Names on one line; a lockfile has all of them.
const SHOWN: usize = 5;

/// How the artifacts of a lockfile are known.
struct Provenance<'a> {
    /// Digests that their projects published.
    by_project: usize,
    /// Artifacts whose digests somebody else pinned.
    by_others: Vec<String>,
    /// Digests that were written down for the first time.
    first_seen: usize,
    /// What proved files, for each proved file.
    proofs: Vec<&'a [Proof]>,
}

pub(super) fn tell(lockfile: &Lockfile, console: &Console) {
    let Provenance { by_project, by_others, first_seen, proofs } = Provenance::of(lockfile);
    if by_project + by_others.len() > 0 {
        console.note(&format!(
            "digests: {by_project} as their projects publish them, {} as third parties pinned them, {first_seen} seen for the first time",
            by_others.len()
        ));
    }
    if !by_others.is_empty() {
        console.note(&format!("pinned by third parties alone: {}", first(&by_others)));
    }
    if !proofs.is_empty() {
        let signed = proofs.iter().filter(|proofs| is_signed(proofs)).count();
        let files = text::count(proofs.len() as u64, "file", "files");
        console.note(&format!(
            "{files} proved by what their projects publish now, {signed} of them by a signature"
        ));
    }
}

pub(super) fn json(lockfile: &Lockfile) -> Value {
    let Provenance { by_project, by_others, first_seen, proofs } = Provenance::of(lockfile);
    let signed = proofs.iter().filter(|proofs| is_signed(proofs)).count();
    json!({
        "published-by-project": by_project,
        "pinned-by-third-parties": by_others,
        "seen-for-the-first-time": first_seen,
        "proved": proofs.len(),
        "signed": signed,
    })
}

impl<'a> Provenance<'a> {
    fn of(lockfile: &'a Lockfile) -> Self {
        let files = lockfile.files.iter().map(|file| {
            let arch = file.arch.map(|arch| format!(" ({arch})")).unwrap_or_default();
            (format!("{}/{}{arch}", file.component, file.name), file.published, &file.proofs[..])
        });
        let images = lockfile.images.iter();
        let images = images.map(|image| (image.name.to_string(), image.published, &[][..]));
        let mut all =
            Self { by_project: 0, by_others: Vec::new(), first_seen: 0, proofs: Vec::new() };
        for (name, published, proofs) in files.chain(images) {
            all.add(name, published, proofs);
        }
        all
    }

    /// A third party's pin that the project itself confirms is the project's.
    fn add(&mut self, name: String, published: Option<Trust>, proofs: &'a [Proof]) {
        match published {
            Some(Trust::ThirdParty) if proofs.is_empty() => self.by_others.push(name),
            None if proofs.is_empty() => self.first_seen += 1,
            _ => self.by_project += 1,
        }
        if !proofs.is_empty() {
            self.proofs.push(proofs);
        }
    }
}

fn is_signed(proofs: &[Proof]) -> bool {
    proofs.iter().any(Proof::is_signed)
}

fn first(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_with_their_number() {
        let names: Vec<_> = (1..=7).map(|n| format!("a{n}")).collect();
        assert_eq!(first(&names[..5]), "a1, a2, a3, a4, a5");
        assert_eq!(first(&names), "a1, a2, a3, a4, a5 and 2 more");
    }

    #[test]
    fn a_third_partys_pin_that_the_project_confirms_is_the_projects() {
        let proof: Proof = serde_json::from_value(json!({
            "kind": "checksums", "source": "https://a.io/SHA256SUMS"
        }))
        .unwrap();
        let proofs = [proof];
        let mut all =
            Provenance { by_project: 0, by_others: Vec::new(), first_seen: 0, proofs: vec![] };
        all.add("a".into(), Some(Trust::ThirdParty), &[]);
        all.add("b".into(), Some(Trust::ThirdParty), &proofs);
        all.add("c".into(), None, &proofs);
        all.add("d".into(), None, &[]);
        all.add("e".into(), Some(Trust::Primary), &[]);
        assert_eq!((all.by_project, all.by_others, all.first_seen), (3, vec!["a".to_owned()], 1));
        assert_eq!(all.proofs.len(), 2);
    }
}
