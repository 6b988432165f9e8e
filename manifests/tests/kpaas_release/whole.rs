//! The release is whole: everything that the research notes have is in it, or it
//! is said why not; and nothing is said of what the notes do not have.

use crate::{
    data::{Lines, assert_same, kpaas, resolved},
    left_out::{IN_THE_TEXT, LEFT_OUT, LeftOut},
    notes::{Note, asked, notes},
};
use manifests::{component::Contents, release::Pick};
use std::collections::BTreeSet;

#[test]
fn every_entry_of_the_research_notes_is_in_the_release_or_left_out_for_a_reason() {
    let Some(notes) = notes() else { return };
    let carried = carried();
    for note in &notes {
        let label = label(note);
        let rows = LEFT_OUT.iter().filter(|(begins, _)| label.starts_with(begins)).count();
        let sources = sources(note);
        let is_carried = !sources.is_empty() && sources.is_subset(&carried);
        assert_eq!(rows + usize::from(is_carried), 1, "{label}: carried {is_carried}, {rows} rows");
    }
    assert!(notes.len() >= 241, "the notes are cut short");
}

#[test]
fn nothing_is_left_out_that_the_research_notes_do_not_have() {
    let Some(notes) = notes() else { return };
    let labels: Vec<_> = notes.iter().map(label).collect();
    for (begins, _) in LEFT_OUT {
        assert!(labels.iter().any(|label| label.starts_with(begins)), "no entry is `{begins}`");
    }
}

#[test]
fn the_release_tells_of_everything_that_is_left_out_and_of_nothing_else() {
    let (release, _) = kpaas();
    let (carried, mut expected) = (carried(), Lines::new());
    expected.extend(IN_THE_TEXT.iter().map(ToString::to_string));
    for (begins, left_out) in LEFT_OUT {
        match left_out {
            LeftOut::Omitted(what) => _ = expected.insert((*what).to_owned()),
            LeftOut::Instead(url) => assert!(carried.contains(*url), "{begins}: {url}"),
            LeftOut::Excepted(reference) => {
                let mut exceptions = release.exceptions.iter();
                assert!(exceptions.any(|one| one.reference.as_str() == *reference), "{begins}");
            }
        }
    }
    let omitted = release.omitted.iter().map(|omission| omission.what.to_string()).collect();
    assert_same(("the table", &expected), ("the release", &omitted));
}

/// How an entry is called in the table.
fn label(note: &Note) -> String {
    let version = note.version.as_deref().unwrap_or_default();
    format!("{} {} {} {version}", note.component, note.kind, note.name)
}

/// Every name and URL of an entry; all of them must be answered.
fn sources(note: &Note) -> BTreeSet<String> {
    let both = [&note.url_or_ref, &note.upstream_ref].into_iter().flatten();
    match note.kind.as_str() {
        "image" => {
            both.map(|name| asked(&name.parse().expect("the notes' images parse"))).collect()
        }
        _ => both.cloned().collect(),
    }
}

/// Every URL of the release, and every name that its images answer to.
fn carried() -> BTreeSet<String> {
    let (release, picks) = kpaas();
    let of_pick = |(pick, contents): &(Pick, Contents)| {
        let sources = contents.files.iter().chain(&contents.manifests).chain(&contents.charts);
        let urls = sources.flat_map(|source| resolved(source, pick, &release.arches));
        let also = contents.images.iter().flat_map(|image| &image.also);
        let also = also.filter(|name| release.extra_names.iter().any(|r| r == name.registry()));
        let names = contents.images.iter().map(|image| &image.name).chain(also).map(asked);
        urls.map(|file| file.url.to_string()).chain(names).collect::<Vec<_>>()
    };
    picks.iter().flat_map(of_pick).collect()
}
