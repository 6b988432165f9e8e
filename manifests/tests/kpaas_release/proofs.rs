//! The golden list of proofs: which lists of checksums and signatures each file of
//! the release is held against, and who must have signed. Like the other golden
//! list it is not written from the definitions. The research notes say which
//! projects publish what, and have the identities and OpenTofu's key; where Helm
//! keeps its signatures and who signs them, that Karmada's archives have lists, and
//! that the identity of CRI-O 1.30.0 follows 1.33.5's, was read at the projects.

use crate::data::{assert_same, kpaas, resolved};
use manifests::{
    component::ResolvedFile,
    provenance::{Checksums, Cosign, OpenPgp},
};
use url::Url;

const GOLDEN: &str = include_str!("../golden/kpaas-1.7.0-proofs.txt");

#[test]
fn the_files_of_the_release_are_held_against_exactly_the_golden_list_of_proofs() {
    let (release, picks) = kpaas();
    let mut found = Vec::new();
    for (pick, contents) in &picks {
        for (_, source) in contents.sources() {
            let files = resolved(source, pick, &release.arches);
            found.extend(files.iter().flat_map(proofs));
        }
    }
    let golden: Vec<_> = GOLDEN.lines().map(str::to_owned).collect();
    assert!(golden.is_sorted(), "the golden list is sorted");
    let (expected, found) = (golden.into_iter().collect(), found.into_iter().collect());
    assert_same(("the golden list of proofs", &expected), ("the release", &found));
}

/// A line for each proof of a file: `URL KIND …`.
fn proofs(file: &ResolvedFile) -> Vec<String> {
    let checksums = file.checksums.as_ref().map(list);
    let openpgp = file.openpgp.as_ref().map(|openpgp| format!("openpgp {}", signed(openpgp)));
    let proofs = [checksums, openpgp, file.cosign.as_ref().map(cosign)];
    proofs.into_iter().flatten().map(|proof| format!("{} {proof}", file.url)).collect()
}

fn list(list: &Checksums<Url>) -> String {
    let signed = list.openpgp.as_ref().map(|openpgp| format!(" signed {}", signed(openpgp)));
    format!("checksums {}{}", list.url, signed.unwrap_or_default())
}

fn signed(openpgp: &OpenPgp<Url>) -> String {
    let mut fingerprints: Vec<_> = openpgp.fingerprints.iter().map(ToString::to_string).collect();
    fingerprints.sort();
    format!("{} {} {}", openpgp.signature, openpgp.keys, fingerprints.join(" "))
}

fn cosign(cosign: &Cosign<Url>) -> String {
    let Cosign { signature, certificate, identity, issuer, authority } = cosign;
    let other = authority.as_ref().map(|other| format!(" by {}", other.root));
    format!("cosign {signature} {certificate} {identity} {issuer}{}", other.unwrap_or_default())
}
