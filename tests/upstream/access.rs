use super::{PATH, get, with_file};
use journeys::{
    fixtures::images,
    stock,
    upstream::{Access, Upstream, manifest_path},
};
use manifests::ImageRef;

const BASIC: &str = "Basic dXNlcjpzZWNyZXQ=";

fn account() -> (String, String) {
    ("user".into(), "secret".into())
}

fn with_image(access: Access) -> (Upstream, ImageRef) {
    let upstream = Upstream::start().unwrap();
    let name: ImageRef = "registry.example.org/demo/app:1".parse().unwrap();
    upstream.put_image(&name, &images::multi_arch(b"app"));
    upstream.require("/v2/registry.example.org/", access);
    (upstream, name)
}

fn token(upstream: &Upstream, headers: &[(&str, &str)]) -> Option<String> {
    let scope = "repository%3Aregistry.example.org%2Fdemo%2Fapp%3Apull";
    let answer = get(upstream, &format!("/token?service=upstream&scope={scope}"), headers);
    let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    value["token"].as_str().map(|token| format!("Bearer {token}"))
}

#[test]
fn a_protected_file_wants_its_user_and_password() {
    let (upstream, bytes) = with_file(10);
    let (user, password) = account();
    upstream.require("/files/dl.example.org/", Access::Basic(user, password));
    let refused = get(&upstream, PATH, &[]);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"upstream\""));
    assert_eq!(get(&upstream, PATH, &[("Authorization", "Basic d3Jvbmc=")]).status, 401);
    assert_eq!(get(&upstream, PATH, &[("Authorization", BASIC)]).body, bytes);
}

#[test]
fn the_challenge_names_the_token_service_and_the_scope() {
    let (upstream, name) = with_image(Access::Anonymous);
    let refused = get(&upstream, &manifest_path(&name), &[]);
    let realm = upstream.url("/token");
    let challenge = format!(
        "Bearer realm=\"{realm}\",service=\"upstream\",\
         scope=\"repository:registry.example.org/demo/app:pull\""
    );
    assert_eq!(refused.header("www-authenticate"), Some(challenge.as_str()));
    assert_eq!(get(&upstream, "/v2/", &[]).status, 401);
}

#[test]
fn a_token_opens_its_repository_until_it_expires() {
    let (user, password) = account();
    let (upstream, name) = with_image(Access::Bearer(user, password));
    assert_eq!(token(&upstream, &[]), None);
    let token = token(&upstream, &[("Authorization", BASIC)]).unwrap();
    let status = |path: &str| get(&upstream, path, &[("Authorization", &token)]).status;
    assert_eq!(status(&manifest_path(&name)), 200);
    assert_eq!(status("/v2/registry.example.org/demo/other/manifests/1"), 401);
    upstream.expire_tokens();
    assert_eq!(status(&manifest_path(&name)), 401);
}

#[test]
fn skopeo_signs_in_with_either_kind() {
    let folder = tempfile::tempdir().unwrap();
    let (user, password) = account();
    let kinds = [
        (Access::Basic(user.clone(), password.clone()), true),
        (Access::Bearer(user, password), true),
        (Access::Anonymous, false),
    ];
    for (access, needs_account) in kinds {
        let Some(mut skopeo) = stock::tool("skopeo", folder.path()) else { return };
        let (upstream, name) = with_image(access);
        skopeo.args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false"]);
        if needs_account {
            skopeo.args(["--src-creds", "user:secret"]);
        }
        skopeo.arg(format!("docker://{}/{name}", upstream.address()));
        stock::succeed(skopeo.arg(format!("dir:{}", folder.path().join("copy").display())));
    }
}
