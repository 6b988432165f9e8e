//! A registry whose bundle is damaged while clients read it: what they get is right,
//! or it ends early. When the damage is mended, everything is served again.

use super::{
    Tally,
    hurt::Hurt,
    medium::{Intact, Medium, Shape},
};
use crate::effort::{chance, count, tell};
use bundles::{INDEX_TYPE, Kind, MANIFEST_TYPE};
use journeys::{
    client::{self, Answer, End},
    serving::Serving,
};
use manifests::Digest;
use serde_json::Value;
use std::{
    fs,
    net::SocketAddr,
    ops::Range,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

const CLIENTS: usize = 3;

/// Replies that each kind of damage is met by.
const REPLIES: usize = 8;

/// A path under which a blob is served, and the blob.
type Served = (String, Digest);

/// How the replies were.
#[derive(Debug, Default)]
struct Replies {
    right: AtomicUsize,
    cut: AtomicUsize,
    refused: AtomicUsize,
}

/// Every image and file with all that it is made of.
fn everything(intact: &Intact) -> Vec<Served> {
    let names = intact.manifest.names.iter().filter(|name| name.kind != Kind::Lockfile);
    let mut served = Vec::new();
    for name in names {
        let repository = name.name.split('@').next().unwrap();
        let colon = repository.rfind(':').filter(|at| !repository[*at..].contains('/'));
        let repository = &repository[..colon.unwrap_or(repository.len())];
        walk(intact, repository, &name.digest, &mut served);
    }
    served
}

/// A manifest or an index, and what it names.
fn walk(intact: &Intact, repository: &str, digest: &Digest, served: &mut Vec<Served>) {
    let Some(bytes) = intact.blobs.get(digest) else { return };
    served.push((format!("/v2/{repository}/manifests/{digest}"), digest.clone()));
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
    let digest = |value: &Value| value["digest"].as_str().unwrap().parse::<Digest>().unwrap();
    for child in list("manifests") {
        walk(intact, repository, &digest(&child), served);
    }
    for part in list("layers").iter().chain(value.get("config")) {
        let digest = digest(part);
        served.push((format!("/v2/{repository}/blobs/{digest}"), digest));
    }
}

/// Asks for one thing, whole or in part, and compares every byte that came.
fn ask(address: SocketAddr, intact: &Intact, served: &Served, part: Option<Range<usize>>) -> End {
    let (path, digest) = served;
    let right = &intact.blobs[digest];
    let accept = ("Accept", [MANIFEST_TYPE, INDEX_TYPE, "*/*"].join(", "));
    let range = part.clone().map(|part| format!("bytes={}-{}", part.start, part.end - 1));
    let mut headers = vec![(accept.0, accept.1.as_str())];
    headers.extend(range.as_deref().map(|range| ("Range", range)));
    let answer = client::get(address, path, &headers).expect("the registry answers");
    let Answer { status, body, end, .. } = answer;
    match status {
        500 => return End::Stalled,
        206 => {
            let part = part.expect("it was asked for");
            assert!(right[part].starts_with(&body), "a wrong byte of {path}");
        }
        200 => assert!(right.starts_with(&body), "a wrong byte of {path}"),
        other => panic!("{path} was answered by {other}"),
    }
    assert_ne!(end, End::Stalled, "{path} stands still");
    end
}

/// Reads what chance says until it is told to stop, and tells after each reply.
fn read_on(
    number: usize,
    (address, intact): (SocketAddr, &Intact),
    (replies, stop): (&Replies, &AtomicBool),
    told: &SyncSender<()>,
) {
    let (served, mut chance) = (everything(intact), chance(number));
    while !stop.load(Ordering::Relaxed) {
        let served = &served[chance.usize(0..served.len())];
        let len = intact.blobs[&served.1].len();
        let is_blob = served.0.contains("/blobs/");
        let part = (is_blob && len > 1 && chance.bool()).then(|| {
            let start = chance.usize(0..len);
            start..chance.usize(start..len) + 1
        });
        let counter = match ask(address, intact, served, part) {
            End::Complete => &replies.right,
            End::Cut => &replies.cut,
            End::Stalled => &replies.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if told.send(()).is_err() {
            return;
        }
    }
}

/// Hurts a medium that has just begun to be served, while clients read from it, and
/// mends it.
fn hurt_while_served(medium: &Medium, number: usize, tally: &mut Tally, replies: &Replies) {
    let mut chance = chance(number);
    let hurt = Hurt::any(&mut chance, medium);
    // What was read before is kept for a while: each case has a registry of its own.
    let serving = Serving::start(&medium.sandbox, medium.named().to_str().unwrap(), "release.pub");
    let (address, stop) = (serving.address, AtomicBool::new(false));
    thread::scope(|scope| {
        let (send, told) = sync_channel(0);
        for client in 0..CLIENTS {
            let (send, stop) = (send.clone(), &stop);
            let from = (address, medium.intact);
            scope.spawn(move || read_on(number + client, from, (replies, stop), &send));
        }
        drop(send);
        // In place: the registry holds the very files.
        for (at, bytes) in &hurt.files {
            fs::write(medium.path(&medium.parts[*at].0), bytes).unwrap();
        }
        told.iter().take(REPLIES).for_each(drop);
        for (at, _) in &hurt.files {
            let (name, bytes) = &medium.parts[*at];
            fs::write(medium.path(name), bytes).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        drop(told);
    });
    let served = everything(medium.intact);
    let end = ask(address, medium.intact, &served[chance.usize(0..served.len())], None);
    assert_eq!(end, End::Complete, "{}: it is mended and not served again", hurt.kind);
    tally.add(hurt.kind);
}

#[test]
fn no_reply_holds_a_wrong_byte_whatever_happens_to_the_files_that_are_served() {
    let (mut tally, replies) = (Tally::default(), Replies::default());
    for shape in [Shape::Bundle, Shape::Volumes] {
        let medium = Medium::of(shape);
        for number in 0..count(15, 250) {
            hurt_while_served(&medium, number, &mut tally, &replies);
        }
    }
    let [right, cut, refused] =
        [&replies.right, &replies.cut, &replies.refused].map(|count| count.load(Ordering::Relaxed));
    assert!(right > 0 && cut + refused > 0, "{replies:?}");
    tell(&format!(
        "files damaged while they were served: {} cases, {right} replies were right, {cut} ended \
         early, {refused} were refused, none was wrong: {tally}",
        tally.total()
    ));
}
