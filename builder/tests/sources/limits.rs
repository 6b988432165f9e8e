//! How many requests run at once.

use crate::bench::{Bench, quick};
use builder::{
    environment::Environment,
    http::{HttpClient, HttpOptions, Request},
};
use futures_util::future::join_all;
use journeys::upstream::file_path;

#[tokio::test]
async fn one_host_is_never_asked_for_more_than_its_share_at_once() {
    let bench = Bench::new();
    let client = HttpOptions { per_host: 2, jobs: 8, ..quick() };
    let client = HttpClient::new(client, &Environment::default()).unwrap();
    let requests: Vec<_> = (0..12)
        .map(|number| {
            let url = format!("https://a.example/{number}");
            bench.upstream.put_file(&url, vec![0; 300_000]);
            Request::new(&bench.upstream.url(&file_path(&url)).parse().unwrap(), false)
        })
        .collect();
    let all = requests.iter().map(|request| client.get(request, 1 << 20, ("x", &bench.log)));
    assert!(join_all(all).await.iter().all(Result::is_ok));
    assert!(bench.upstream.busiest() <= 2, "{}", bench.upstream.busiest());
}
