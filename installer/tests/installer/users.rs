//! Users: who may read, and how clients log in.

use crate::{
    client::{Answer, ask, get},
    fixture::World,
    process::{Said, Serving, run, said},
    skopeo::has,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{ffi::OsStr, fs, process::Command};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";
const CHALLENGE: &str = "Basic realm=\"bottari\"";

/// `kim` with the password `secret`, as the system's `crypt` writes it.
pub(crate) const KIM: &str = "kim:$2y$04$KEwLuxJcF7ft/LtiC1hWVeBDezP.2pFyF5WKRgGnW7F90Db01uhwS\n";
/// `lee` with the password `other`.
const LEE: &str = "lee:$2y$04$abcdefghijklmnopqrstuu0HtfOlPbTiymk5tcV.3TsFPDd3SYZqu\n";

fn serve(world: &World, users: &str, more: &[&str]) -> Serving {
    let path = world.path("users");
    fs::write(&path, users).unwrap();
    let fixed = [world.bundle.as_os_str(), "--users".as_ref(), path.as_os_str()];
    Serving::with(world, fixed.into_iter().chain(more.iter().map(OsStr::new)))
}

fn pull(serving: &Serving, path: &str, login: &str) -> Answer {
    let code = format!("Basic {}", BASE64_STANDARD.encode(login));
    ask(serving.address, "GET", path, &[("Authorization", &code)])
}

#[test]
fn nothing_is_told_to_somebody_unknown_but_how_to_log_in() {
    let world = World::new();
    let serving = serve(&world, KIM, &[]);
    let paths = ["/v2/", PAUSE, "/v2/_catalog", "/files/", "/apt/", "/nowhere", "/metrics"];
    for path in paths {
        for answer in [
            get(serving.address, path),
            pull(&serving, path, "kim:other"),
            pull(&serving, path, "lee:secret"),
            ask(serving.address, "POST", path, &[]),
            ask(serving.address, "GET", path, &[("Authorization", "Basic %%%")]),
        ] {
            assert_eq!((answer.status, answer.error_code().as_str()), (401, "UNAUTHORIZED"));
            assert_eq!(answer.header("www-authenticate"), Some(CHALLENGE));
        }
    }
    assert_eq!(get(serving.address, "/healthz").status, 200);
    assert_eq!(pull(&serving, "/v2/", "kim:secret").text(), "{}");
    assert_eq!(pull(&serving, PAUSE, "kim:secret").status, 200);
}

#[test]
fn numbers_are_told_to_users_alone_also_where_everybody_may_pull() {
    let world = World::new();
    let serving = serve(&world, KIM, &["--anonymous-pull"]);
    assert_eq!(get(serving.address, PAUSE).status, 200);
    for path in ["/metrics", "/%6detrics"] {
        assert_eq!(get(serving.address, path).status, 401, "{path}");
        assert_eq!(pull(&serving, path, "kim:secret").status, 200, "{path}");
    }
}

#[test]
fn users_come_and_go_without_a_restart() {
    let world = World::new();
    let mut serving = serve(&world, KIM, &[]);
    assert_eq!(pull(&serving, PAUSE, "kim:secret").status, 200);
    fs::write(world.path("users"), LEE).unwrap();
    serving.wait_for("users` again: 1 user");
    assert_eq!(pull(&serving, PAUSE, "kim:secret").status, 401);
    assert_eq!(pull(&serving, PAUSE, "lee:other").status, 200);
    fs::write(world.path("users"), "kim:secret\n").unwrap();
    serving.signal("HUP");
    let line = serving.wait_for("the users from before stay");
    assert!(line.contains("line 1 of") && !line.contains("secret"), "{line}");
    assert_eq!(pull(&serving, PAUSE, "lee:other").status, 200);
}

#[test]
fn users_that_cannot_be_used_are_told_before_anything_is_served() {
    let world = World::new();
    fs::write(world.path("users"), format!("{KIM}lee:{{SHA}}zzz\n")).unwrap();
    let bundle = world.bundle.to_str().unwrap();
    let refused = |users: &str| {
        let said = run(&world, ["serve", "--listen=127.0.0.1:0", bundle, "--users", users]);
        assert_eq!(said.code, 20);
        said.stderr
    };
    insta::assert_snapshot!([refused("users"), refused("missing")].join("\n"), @r"
    error: line 2 of `users` has no bcrypt hash; `htpasswd -B` writes them
    hint: `htpasswd -nB NAME` prints a line for a user; it asks for the password

    error: cannot read the users in `missing`
      caused by: No such file or directory (os error 2)
    hint: `htpasswd -nB NAME` prints a line for a user; it asks for the password
    ");
}

/// Copies an image with skopeo, all of whose files are in the test's folder.
fn skopeo(world: &World, serving: &Serving, more: &[&str]) -> Said {
    let mut skopeo = Command::new("skopeo");
    skopeo.env("HOME", world.folder.path()).env("XDG_RUNTIME_DIR", world.folder.path());
    skopeo.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false"]).args(more);
    skopeo.arg(format!("docker://{}/registry.k8s.io/pause:3.10", serving.address));
    said(skopeo.arg(format!("oci:{}", world.path("copied").display())))
}

#[test]
fn skopeo_logs_in_and_pulls() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    let serving = serve(&world, KIM, &[]);
    let anonymous = skopeo(&world, &serving, &[]);
    assert!(anonymous.code != 0 && anonymous.stderr.contains("name and password of one of"));
    assert_ne!(skopeo(&world, &serving, &["--src-creds", "kim:other"]).code, 0);
    let pulled = skopeo(&world, &serving, &["--src-creds", "kim:secret"]);
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
    let login = |password: &str| {
        let mut login = Command::new("skopeo");
        login.env("HOME", world.folder.path()).env("XDG_RUNTIME_DIR", world.folder.path());
        login.args(["login", "--tls-verify=false", "-u", "kim", "-p", password]);
        said(login.arg(serving.address.to_string()))
    };
    assert_ne!(login("other").code, 0);
    assert_eq!(login("secret").code, 0);
    let pulled = skopeo(&world, &serving, &[]);
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
}
