//! Who we say we are, to whom, and what we say when nobody told us.

use crate::bench::{Bench, quick, upstream};
use builder::{
    environment::Environment,
    fetch::{FetchOptions, fetch},
    http::{Authorization, HttpClient, HttpError, Request},
    mirrors::Mirrors,
    resolve::{LockError, LockOptions, lock},
    supply::Supply,
};
use journeys::{
    fixtures::images,
    upstream::{Access, Fault, file_path},
};
use manifests::{ExitCode, Failure};
use std::path::Path;

const URL: &str = "https://download.example.org/file";

/// An environment whose registry logins are in a file of this text.
fn logins(bench: &Bench, user: &str) -> Environment {
    let path = bench.folder.path().join("auth.json");
    let host = bench.upstream.address();
    let text = format!(r#"{{"auths": {{"{host}": {{"username": "{user}", "password": "pw"}}}}}}"#);
    std::fs::write(&path, text).unwrap();
    Environment::of([("REGISTRY_AUTH_FILE", path.to_str().unwrap())])
}

fn me() -> (String, String) {
    ("me".to_owned(), "pw".to_owned())
}

async fn lock_and_fetch(bench: &Bench, environment: Environment) -> Result<(), LockError> {
    let (release, catalog) = bench.one_image("amd64", &images::multi_arch(b"payload"));
    let mut network = bench.network();
    network.environment = environment;
    let options = LockOptions { network: network.clone(), ..LockOptions::default() };
    let lockfile = lock(&release, &catalog, &options, &bench.cache, &bench.log).await?;
    let options = FetchOptions { network, offline: false };
    fetch(&lockfile, &options, Supply::of(&bench.cache), None, &bench.log).await.unwrap();
    Ok(())
}

#[tokio::test]
async fn a_registry_that_gives_tokens_is_asked_for_one_token_per_repository_and_run() {
    let bench = Bench::new();
    let (user, password) = me();
    bench.upstream.require("/v2/registry.example.org/", Access::Bearer(user, password));
    lock_and_fetch(&bench, logins(&bench, "me")).await.unwrap();
    let requests = bench.upstream.requests();
    let tokens = requests.iter().filter(|request| request.path == "/token").count();
    assert_eq!(tokens, 2, "one for lock, one for fetch");
}

#[tokio::test]
async fn tokens_for_everybody_need_no_login() {
    let bench = Bench::new();
    bench.upstream.require("/v2/registry.example.org/", Access::Anonymous);
    lock_and_fetch(&bench, Environment::default()).await.unwrap();
}

#[tokio::test]
async fn a_registry_that_wants_a_password_gets_it_only_after_it_asked() {
    let bench = Bench::new();
    let (user, password) = me();
    bench.upstream.require("/v2/registry.example.org/", Access::Basic(user, password));
    lock_and_fetch(&bench, logins(&bench, "me")).await.unwrap();
    assert_eq!(bench.upstream.requests()[0].authorization, None);
}

#[tokio::test]
async fn a_password_in_the_mirrors_file_is_used_and_never_shown() {
    let bench = Bench::new();
    let (user, password) = me();
    bench.upstream.require("/v2/registry.example.org/", Access::Basic(user, password));
    let (release, catalog) = bench.one_image("amd64", &images::single("amd64", b"payload"));
    let mirror = |login: &str| {
        let address = bench.upstream.address();
        let text = format!(
            "registries:\n- from: registry.example.org\n  to: http://{login}@{address}/registry.example.org\n"
        );
        let mut options = bench.lock_options();
        options.network.mirrors = Mirrors::parse(Path::new("m.yaml"), &text).unwrap();
        options
    };
    let lockfile = bench.lock((&release, &catalog), &mirror("me:pw")).await.unwrap();
    assert!(!lockfile.render().contains("pw"));
    let error = bench.lock((&release, &catalog), &mirror("me:wr0ng")).await.unwrap_err();
    assert!(!format!("{error:?}").contains("wr0ng"), "{error:?}");
}

#[tokio::test]
async fn without_a_login_the_error_says_how_to_log_in() {
    let bench = Bench::new();
    for access in
        [Access::Basic("me".into(), "pw".into()), Access::Bearer("me".into(), "pw".into())]
    {
        bench.upstream.require("/v2/registry.example.org/", access);
        let error = lock_and_fetch(&bench, Environment::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Source);
        let hint = error.hint().unwrap();
        let host = bench.upstream.address();
        assert!(hint.contains(&format!("podman login {host}")), "{hint}");
        assert!(hint.contains("REGISTRY_AUTH_FILE"), "{hint}");
    }
}

#[tokio::test]
async fn a_token_that_runs_out_between_two_requests_is_renewed() {
    let bench = Bench::new();
    bench.upstream.require("/v2/registry.example.org/", Access::Anonymous);
    let image = images::multi_arch(b"payload");
    let config = format!("/v2/registry.example.org/one/manifests/{}", image.children[0].digest);
    // The token is asked for at the tag; it is refused once at the child.
    bench.upstream.inject(&config, 1, [Fault::Status(401, None)]);
    lock_and_fetch(&bench, Environment::default()).await.unwrap();
    let requests = bench.upstream.requests();
    assert_eq!(requests.iter().filter(|request| request.path == "/token").count(), 3);
}

#[tokio::test]
async fn netrc_opens_files_of_its_host() {
    let bench = Bench::new();
    bench.upstream.put_file(URL, "hello");
    bench.upstream.require("/files/", Access::Basic("me".into(), "pw".into()));
    let path = bench.folder.path().join("netrc");
    std::fs::write(&path, "machine 127.0.0.1 login me password pw\n").unwrap();
    let environment = Environment::of([("NETRC", path.to_str().unwrap())]);
    let request = Request::new(&bench.upstream.url(&file_path(URL)).parse().unwrap(), false);
    let get = async |environment: &Environment| {
        let client = HttpClient::new(quick(), environment).unwrap();
        client.get(&request, 100, ("file", &bench.log)).await
    };
    assert_eq!(get(&environment).await.unwrap().bytes, b"hello");
    let error = get(&Environment::default()).await.unwrap_err();
    assert!(matches!(error, HttpError::Refused { status: 401, .. }), "{error}");
    assert!(error.hint().unwrap().contains("~/.netrc"));
}

#[tokio::test]
async fn a_redirect_to_another_host_takes_no_credentials_along() {
    let (bench, other) = (Bench::new(), upstream());
    other.put_file(URL, "elsewhere");
    let path = file_path(URL);
    bench.upstream.inject(&path, 1, [Fault::Redirect(other.url(&path))]);
    let mut request = Request::new(&bench.upstream.url(&path).parse().unwrap(), false);
    request.authorization = Some(Authorization::basic("me", "pw"));
    let client = HttpClient::new(quick(), &Environment::default()).unwrap();
    let small = client.get(&request, 100, ("file", &bench.log)).await.unwrap();
    assert_eq!(small.bytes, b"elsewhere");
    assert!(bench.upstream.requests()[0].authorization.is_some());
    assert_eq!(other.requests()[0].authorization, None);
}
