use super::{PATH, URL, get, with_file};
use journeys::{client, upstream::Upstream};

#[test]
fn a_range_gives_the_part_and_says_where_it_lies() {
    let (upstream, bytes) = with_file(1000);
    let part = get(&upstream, PATH, &[("Range", "bytes=900-")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &bytes[900..]));
    assert_eq!(part.header("content-range"), Some("bytes 900-999/1000"));
    let behind = get(&upstream, PATH, &[("Range", "bytes=1000-")]);
    assert_eq!((behind.status, behind.header("content-range")), (416, Some("bytes */1000")));
}

#[test]
fn if_range_gives_the_part_only_of_the_version_the_client_has() {
    let (upstream, bytes) = with_file(1000);
    let first = get(&upstream, PATH, &[]);
    let (etag, modified) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    for validator in [etag, modified] {
        let part = get(&upstream, PATH, &[("Range", "bytes=10-"), ("If-Range", validator)]);
        assert_eq!((part.status, part.body.as_slice()), (206, &bytes[10..]));
    }
    upstream.put_file(URL, "another version");
    for validator in [etag, modified] {
        let whole = get(&upstream, PATH, &[("Range", "bytes=10-"), ("If-Range", validator)]);
        assert_eq!((whole.status, whole.body.as_slice()), (200, b"another version".as_slice()));
    }
}

#[test]
fn a_client_that_has_the_version_gets_304_without_a_body() {
    let (upstream, _) = with_file(1000);
    let first = get(&upstream, PATH, &[]);
    let again = get(&upstream, PATH, &[("If-None-Match", first.header("etag").unwrap())]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = get(&upstream, PATH, &[("If-None-Match", "\"other\"")]);
    assert_eq!(other.status, 200);
}

#[test]
fn head_tells_the_length_and_sends_nothing() {
    let (upstream, _) = with_file(1000);
    let head = client::head(upstream.address(), PATH, &[]).unwrap();
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some("1000"), 0)
    );
}

#[test]
fn files_of_a_folder_are_read_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("v1")).unwrap();
    let bytes = vec![7; 200_000];
    std::fs::write(folder.path().join("v1/a+b"), &bytes).unwrap();
    let upstream = Upstream::start().unwrap();
    upstream.put_folder("https://dl.example.org/x", folder.path()).unwrap();
    let answer = get(&upstream, "/files/dl.example.org/x/v1/a%2Bb", &[("Range", "bytes=100000-")]);
    assert_eq!((answer.status, answer.body), (206, bytes[100_000..].to_vec()));
}

#[test]
fn every_request_is_counted_with_its_answer() {
    let (upstream, _) = with_file(1000);
    get(&upstream, &format!("{PATH}?x=1"), &[("Range", "bytes=10-19")]);
    get(&upstream, "/files/nowhere", &[]);
    let requests = upstream.take_requests();
    let found = &requests[0];
    assert_eq!((found.method.as_str(), found.path.as_str()), ("GET", PATH));
    assert_eq!(
        (found.query.as_deref(), found.range.as_deref()),
        (Some("x=1"), Some("bytes=10-19"))
    );
    assert_eq!((found.status, found.body_bytes), (206, 10));
    assert_eq!(requests[1].status, 404);
    assert!(upstream.requests().is_empty());
    assert_eq!(upstream.busiest(), 1);
}
