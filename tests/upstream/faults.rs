use super::{PATH, get, with_file};
use journeys::{
    client::{self, End},
    fixtures::images,
    upstream::{ALWAYS, Fault, Upstream, manifest_path},
};
use manifests::ImageRef;
use std::time::Duration;

#[test]
fn a_cut_comes_after_exactly_the_bytes_asked_for_and_once() {
    let (upstream, bytes) = with_file(3_000_000);
    for cut in [0, 1, 65_536, 2_345_678] {
        upstream.inject(PATH, 1, [Fault::CutAfter(cut)]);
        let answer = get(&upstream, PATH, &[]);
        let len = usize::try_from(cut).unwrap();
        assert_eq!((answer.end, answer.body.len()), (End::Cut, len));
        assert_eq!(answer.body, bytes[..len]);
    }
    assert_eq!(get(&upstream, PATH, &[]).end, End::Complete);
}

#[test]
fn a_head_request_does_not_use_up_a_cut() {
    let (upstream, _) = with_file(1000);
    upstream.inject(PATH, 1, [Fault::CutAfter(10)]);
    client::head(upstream.address(), PATH, &[]).unwrap();
    assert_eq!(get(&upstream, PATH, &[]).end, End::Cut);
}

#[test]
fn a_stall_sends_its_bytes_and_then_keeps_the_line_open() {
    let (upstream, bytes) = with_file(1000);
    upstream.inject(PATH, 1, [Fault::StallAfter(10)]);
    let silence = Duration::from_secs(1);
    let answer = client::get_until_silent(upstream.address(), PATH, silence).unwrap();
    assert_eq!((answer.end, answer.body.as_slice()), (End::Stalled, &bytes[..10]));
}

#[test]
fn lengths_can_lie_in_both_directions() {
    let (upstream, bytes) = with_file(1000);
    upstream.inject(PATH, 1, [Fault::PromiseMore(5)]);
    let more = get(&upstream, PATH, &[]);
    assert_eq!((more.header("content-length"), more.end), (Some("1005"), End::Cut));
    assert_eq!(more.body, bytes);
    upstream.inject(PATH, 2, [Fault::PromiseLess(5)]);
    let head = client::head(upstream.address(), PATH, &[]).unwrap();
    let less = get(&upstream, PATH, &[]);
    assert_eq!(head.header("content-length"), Some("995"));
    assert_eq!((less.end, less.body.as_slice()), (End::Complete, &bytes[..995]));
}

#[test]
fn wrong_bytes_have_the_right_length() {
    let (upstream, bytes) = with_file(100_000);
    upstream.inject(PATH, 1, [Fault::WrongBytes]);
    let wrong = get(&upstream, PATH, &[]);
    assert_eq!((wrong.end, wrong.body.len()), (End::Complete, bytes.len()));
    assert_ne!(wrong.body, bytes);
}

#[test]
fn a_busy_server_says_when_to_come_back() {
    let (upstream, _) = with_file(10);
    upstream.inject(PATH, 2, [Fault::Status(503, Some(1))]);
    for _ in 0..2 {
        let busy = get(&upstream, PATH, &[]);
        assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")));
    }
    assert_eq!(get(&upstream, PATH, &[]).status, 200);
}

#[test]
fn redirects_lead_elsewhere_or_round_in_circles() {
    let (upstream, _) = with_file(10);
    upstream.inject(
        "/files/dl.example.org/loop/*",
        ALWAYS,
        [Fault::Redirect("/files/dl.example.org/loop/x".into())],
    );
    for _ in 0..30 {
        let turn = get(&upstream, "/files/dl.example.org/loop/x", &[]);
        assert_eq!(turn.status, 307);
        assert_eq!(turn.header("location"), Some("/files/dl.example.org/loop/x"));
    }
    upstream.behave();
    assert_eq!(get(&upstream, "/files/dl.example.org/loop/x", &[]).status, 404);
}

#[test]
fn without_its_etag_a_file_cannot_be_resumed_by_it() {
    let (upstream, _) = with_file(1000);
    let etag = get(&upstream, PATH, &[]).header("etag").unwrap().to_owned();
    upstream.inject(PATH, 2, [Fault::DropEtag]);
    assert_eq!(get(&upstream, PATH, &[]).header("etag"), None);
    let whole = get(&upstream, PATH, &[("Range", "bytes=10-"), ("If-Range", &etag)]);
    assert_eq!(whole.status, 200);
}

#[test]
fn a_server_may_ignore_ranges() {
    let (upstream, bytes) = with_file(1000);
    upstream.inject(PATH, 1, [Fault::IgnoreRange]);
    let whole = get(&upstream, PATH, &[("Range", "bytes=10-")]);
    assert_eq!((whole.status, whole.header("accept-ranges")), (200, None));
    assert_eq!(whole.body, bytes);
}

#[test]
fn faults_of_one_path_follow_each_other_and_some_come_together() {
    let (upstream, _) = with_file(1000);
    upstream.inject(PATH, 1, [Fault::DropEtag, Fault::CutAfter(10)]);
    upstream.inject(PATH, 1, [Fault::Replace("a new version".into())]);
    let cut = get(&upstream, PATH, &[]);
    assert_eq!((cut.end, cut.header("etag")), (End::Cut, None));
    assert_eq!(get(&upstream, PATH, &[]).body, b"a new version");
}

#[test]
fn a_tag_can_move_between_two_requests() {
    let upstream = Upstream::start().unwrap();
    let name: ImageRef = "registry.example.org/demo/app:1".parse().unwrap();
    let (before, after) = (images::single("amd64", b"before"), images::single("amd64", b"after"));
    upstream.put_image(&name, &before);
    let path = manifest_path(&name);
    let first = get(&upstream, &path, &[]);
    upstream.inject(&path, 1, [Fault::MoveTag(Box::new(after.clone()))]);
    let second = get(&upstream, &path, &[]);
    let digest = before.digest().to_string();
    assert_eq!(first.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(second.body, after.root.bytes);
    let old = get(&upstream, &path.replace("/1", &format!("/{digest}")), &[]);
    assert_eq!(old.body, before.root.bytes);
}
