//! Downloads of files from a server that misbehaves.

use crate::bench::{Bench, client, mebibyte};
use builder::http::{Expected, HttpError};
use journeys::upstream::{ALWAYS, Fault, sha256};
use manifests::{ExitCode, Failure};

const URL: &str = "https://download.example.org/file";
const PATH: &str = "/files/download.example.org/file";

fn bench() -> (Bench, Vec<u8>) {
    let (bench, bytes) = (Bench::new(), mebibyte());
    bench.upstream.put_file(URL, bytes.clone());
    (bench, bytes)
}

#[tokio::test]
async fn resume_continues_where_the_cut_download_stopped() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 1, [Fault::CutAfter(600_000)]);
    let answer = bench.download(&client(), PATH, Some(sha256(&bytes))).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
    let requests = bench.upstream.take_requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[1].range.as_deref(), requests[1].status), (Some("bytes=600000-"), 206));
    assert_eq!(bench.log.moved_bytes(), 1 << 20, "each byte is reported once");
}

#[tokio::test]
async fn any_number_of_cuts_is_survived_as_long_as_each_attempt_brings_bytes() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 9, [Fault::CutAfter(100_000)]);
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
    assert_eq!(bench.upstream.requests().len(), 10, "three attempts would not have been enough");
}

#[tokio::test]
async fn a_file_that_changes_during_a_cut_download_is_fetched_anew() {
    let (bench, _) = bench();
    let newer = vec![7; 700_000];
    bench.upstream.inject(PATH, 1, [Fault::CutAfter(600_000)]);
    bench.upstream.inject(PATH, 1, [Fault::Replace(newer.clone().into())]);
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), newer);
    let requests = bench.upstream.take_requests();
    assert_eq!((requests[1].range.is_some(), requests[1].status), (true, 200));
}

#[tokio::test]
async fn wrong_bytes_joined_without_a_validator_are_replaced_by_a_whole_download() {
    let (bench, _) = bench();
    let newer = vec![7; 1 << 20];
    bench.upstream.inject(PATH, 1, [Fault::CutAfter(600_000), Fault::DropEtag]);
    bench.upstream.inject(PATH, 1, [Fault::Replace(newer.clone().into())]);
    let answer = bench.download(&client(), PATH, Some(sha256(&newer))).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), newer);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_costs_a_whole_download_and_no_wrong_byte() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 1, [Fault::CutAfter(600_000)]);
    bench.upstream.inject(PATH, 1, [Fault::IgnoreRange]);
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
}

#[tokio::test]
async fn an_interrupted_builder_continues_in_its_next_run() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 1, [Fault::StallAfter(600_000)]);
    {
        let client = client();
        let download = bench.download(&client, PATH, None);
        let arrived = async {
            while bench.log.moved_bytes() < 600_000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            result = download => panic!("it cannot end before it is interrupted: {result:?}"),
            () = arrived => {}
        }
    }
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
    let requests = bench.upstream.requests();
    assert_eq!(requests.last().unwrap().range.as_deref(), Some("bytes=600000-"));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_and_asked_for_the_rest() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 1, [Fault::StallAfter(600_000)]);
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
    assert_eq!(bench.upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_after_the_time_it_named() {
    let (bench, _) = bench();
    bench.upstream.inject(PATH, 1, [Fault::Status(429, Some(1))]);
    bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.log.waits_ms(), [20], "its second, cut to the limit of the options");
}

#[tokio::test]
async fn a_server_that_stays_down_is_given_up_after_the_last_attempt() {
    let (bench, _) = bench();
    bench.upstream.inject(PATH, ALWAYS, [Fault::Status(503, None)]);
    let error = bench.download(&client(), PATH, None).await.unwrap_err();
    assert_eq!(error.to_string(), "gave up after 3 attempts");
    assert!(error.root().to_string().ends_with("answered 503"), "{error}");
    assert_eq!((error.exit_code(), bench.upstream.requests().len()), (ExitCode::Source, 3));
}

#[tokio::test]
async fn a_missing_file_is_not_asked_for_twice() {
    let bench = Bench::new();
    let error = bench.download(&client(), PATH, None).await.unwrap_err();
    assert!(matches!(error, HttpError::Missing { status: 404, .. }), "{error}");
    assert_eq!(bench.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_lies_about_the_size_is_found_out_before_the_body() {
    let (bench, bytes) = bench();
    let expected = Expected { digest: Some(sha256(&bytes)), size: Some(bytes.len() as u64) };
    for (fault, found) in [
        (Fault::PromiseMore(10), "expected 1048576 bytes, found 1048586 bytes"),
        (Fault::PromiseLess(10), "expected 1048576 bytes, found 1048566 bytes"),
    ] {
        bench.upstream.inject(PATH, 1, [fault]);
        let error = bench.download_expecting(&client(), PATH, &expected).await.unwrap_err();
        assert!(error.to_string().ends_with(found), "{error}");
        assert!(error.is_changed_source());
    }
    bench.download_expecting(&client(), PATH, &expected).await.unwrap();
}

#[tokio::test]
async fn a_promise_that_is_not_kept_never_ends_in_a_file_with_a_hole() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, 1, [Fault::PromiseMore(10)]);
    let answer = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&answer.digest), bytes);
}

#[tokio::test]
async fn wrong_bytes_are_refused_with_both_digests_and_leave_nothing() {
    let (bench, bytes) = bench();
    bench.upstream.inject(PATH, ALWAYS, [Fault::WrongBytes]);
    let digest = sha256(&bytes);
    let error = bench.download(&client(), PATH, Some(digest.clone())).await.unwrap_err();
    let HttpError::WrongBytes { expected, found, size, .. } = &error else { panic!("{error}") };
    assert_eq!((expected, *size), (&digest, 1 << 20));
    assert_ne!(found, &digest);
    assert_eq!(bench.cache.blob_path(&digest), None);
    assert_eq!(bench.cache.blob_path(found), None);
    assert_eq!(bench.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_loop_ends_and_says_how_many_were_followed() {
    let (bench, _) = bench();
    bench.upstream.inject(PATH, ALWAYS, [Fault::Redirect(PATH.into())]);
    let error = bench.download(&client(), PATH, None).await.unwrap_err();
    assert!(error.to_string().ends_with("redirects more than 10 times"), "{error}");
    assert_eq!(bench.upstream.requests().len(), 11);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again_and_what_has_is() {
    let (bench, _) = bench();
    let first = bench.download(&client(), PATH, None).await.unwrap();
    bench.upstream.take_requests();
    assert_eq!(bench.download(&client(), PATH, None).await.unwrap(), first);
    let again = bench.upstream.take_requests();
    assert_eq!((again.len(), again[0].status, again[0].body_bytes), (1, 304, 0));
    bench.upstream.put_file(URL, vec![1; 10]);
    let changed = bench.download(&client(), PATH, None).await.unwrap();
    assert_eq!(bench.blob(&changed.digest), vec![1; 10]);
}

#[tokio::test]
async fn two_builders_that_share_a_cache_download_a_blob_once() {
    let (bench, bytes) = bench();
    let expected = Expected { digest: Some(sha256(&bytes)), size: Some(bytes.len() as u64) };
    let (one, two) = (client(), client());
    let both = tokio::join!(
        bench.download_expecting(&one, PATH, &expected),
        bench.download_expecting(&two, PATH, &expected),
    );
    assert_eq!(both.0.unwrap().digest, both.1.unwrap().digest);
    assert_eq!(bench.upstream.requests().len(), 1);
}
