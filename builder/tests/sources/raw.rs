//! Answers that no decent server gives, byte by byte from a bare socket.

use crate::bench::{Bench, client, quick};
use builder::{
    environment::Environment,
    http::{Download, Expected, HttpClient, HttpError, Request},
};
use journeys::upstream::sha256;
use manifests::Failure;
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// What was asked, in small letters.
type Asked = Arc<Mutex<Vec<String>>>;

/// Serves one answer to each connection, then closes it. Ends with the process.
fn serve(answer: Vec<u8>) -> String {
    serve_and_listen(answer).0
}

fn serve_and_listen(answer: Vec<u8>) -> (String, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            log.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).to_lowercase());
            // A client that has seen enough closes first.
            let _sent = stream.write_all(&answer);
        }
    });
    (url, asked)
}

async fn get(url: &str, expected: Expected) -> Result<Vec<u8>, HttpError> {
    let bench = Bench::new();
    let request = &Request::new(&url.parse().unwrap(), false);
    let expected = &expected;
    let download =
        Download { request, name: "file", key: "key", expected, conditional: false, ground: None };
    let answer = client().download(download, &bench.cache, &bench.log).await?.answer;
    Ok(bench.blob(&answer.digest))
}

fn known(bytes: &[u8]) -> Expected {
    Expected { digest: Some(sha256(bytes)), size: Some(bytes.len() as u64) }
}

#[tokio::test]
async fn an_encoded_body_is_refused() {
    let url =
        serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx".into());
    let error = get(&url, Expected::default()).await.unwrap_err().to_string();
    assert!(error.ends_with("expected plain bytes, found content encoding `gzip`"), "{error}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_left_at_the_first_byte_too_many() {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100_000 {
        answer.extend_from_slice(b"4\r\nabcd\r\n");
    }
    let error = get(&serve(answer), known(b"abcdab")).await.unwrap_err().to_string();
    assert!(error.ends_with("expected 6 bytes, found more"), "{error}");
}

#[tokio::test]
async fn a_chunked_body_that_ends_early_is_another_file() {
    let url =
        serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n".into());
    let error = get(&url, known(b"abcd")).await.unwrap_err().to_string();
    assert!(error.ends_with("expected 4 bytes, found 2 bytes"), "{error}");
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_may_have_been_cut() {
    let url = serve(b"HTTP/1.0 200 OK\r\n\r\nab".into());
    let error = get(&url, known(b"abcd")).await.unwrap_err();
    assert!(matches!(error.root(), HttpError::Cut { .. }), "{error:?}");
    assert_eq!(get(&url, known(b"ab")).await.unwrap(), b"ab");
}

#[tokio::test]
async fn without_a_validator_two_halves_are_never_joined_unless_a_digest_will_tell() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab";
    for (expected, range) in [(Expected::default(), None), (known(b"abcd"), Some("bytes=2-"))] {
        let (url, asked) = serve_and_listen(answer.to_vec());
        get(&url, expected).await.unwrap_err();
        let asked = asked.lock().unwrap();
        let found = asked[1].lines().find_map(|line| line.strip_prefix("range: "));
        assert_eq!((asked.len(), found), (3, range));
    }
}

#[tokio::test]
async fn a_part_that_does_not_fit_is_never_appended() {
    // Every answer, also to a request for the rest, claims to begin at byte 1.
    let url = serve(
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/4\r\nContent-Length: 2\r\n\r\nbc".into(),
    );
    let error = get(&url, known(b"abcd")).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 206"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named_by_its_variable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("http://me:s3cret@{closed}");
    let environment = Environment::of([("http_proxy", proxy.as_str())]);
    let client = HttpClient::new(quick(), &environment).unwrap();
    let request = Request::new(&"http://upstream.example/a".parse().unwrap(), false);
    let bench = Bench::new();
    let error = client.get(&request, 10, ("a", &bench.log)).await.unwrap_err();
    assert!(error.hint().unwrap().contains("the proxy in http_proxy"), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_whole_url_unless_no_proxy_names_the_host() {
    let proxy = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied".into());
    let direct = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect".into());
    let bench = Bench::new();
    let body = async |url: &str, exceptions: &str| {
        let environment =
            Environment::of([("HTTP_PROXY", proxy.as_str()), ("NO_PROXY", exceptions)]);
        let client = HttpClient::new(quick(), &environment).unwrap();
        let request = Request::new(&url.parse().unwrap(), false);
        client.get(&request, 10, ("a", &bench.log)).await.unwrap().bytes
    };
    assert_eq!(body("http://upstream.example/a", "").await, b"proxied");
    assert_eq!(body(&direct, "127.0.0.1").await, b"direct");
}
