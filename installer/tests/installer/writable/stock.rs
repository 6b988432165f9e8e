//! Stock tools push, pull and delete.

use super::Pushing;
use crate::{fixture::World, podman::runnable, skopeo::has};
use std::process::Command;

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn skopeo(world: &World) -> Command {
    let mut skopeo = Command::new("skopeo");
    skopeo.env("HOME", world.folder.path()).arg("--insecure-policy");
    skopeo
}

#[test]
fn skopeo_pushes_copies_lists_and_deletes() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    let pushing = Pushing::start(&world);
    let name = |name: &str| format!("docker://{}/{name}", pushing.address());
    let layout = format!("oci:{}:app", world.path("layout").display());
    let insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let copy = |from: &str, to: &str, more: &[&str]| {
        succeed(skopeo(&world).args(["copy", "-q"]).args(insecure).args(more).args([from, to]));
    };
    copy(&name("registry.k8s.io/pause:3.10"), &name("site.example.org/pause:ours"), &[]);
    copy(&name("quay.io/app/whole:v1"), &name("site.example.org/whole:v1"), &["--all"]);
    copy(&name("site.example.org/whole:v1"), &layout, &["--all"]);
    copy(&layout, &name("site.example.org/again:v1"), &["--all"]);
    let digest = |name: &str| {
        let arguments = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", name];
        succeed(skopeo(&world).args(arguments))
    };
    assert_eq!(digest(&name("quay.io/app/whole:v1")), digest(&name("site.example.org/again:v1")));
    let tags = ["list-tags", "--tls-verify=false", &name("site.example.org/pause")];
    assert!(succeed(skopeo(&world).args(tags)).contains("\"ours\""));
    let delete =
        |name: &str| skopeo(&world).args(["delete", "--tls-verify=false", name]).output().unwrap();
    assert!(delete(&name("site.example.org/pause:ours")).status.success());
    assert_eq!(pushing.status("GET", "/v2/site.example.org/pause/manifests/ours"), 404);
    let refused = delete(&name("registry.k8s.io/pause:3.10"));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("signed bundle"), "{said}");
    assert_eq!(pushing.status("GET", "/v2/registry.k8s.io/pause/manifests/3.10"), 200);
}

#[test]
fn podman_pushes_what_it_pulled_and_hears_why_it_may_not() {
    let world = World::new();
    let Some(podman) = runnable(&world) else { return };
    let pushing = Pushing::start(&world);
    let name = |name: &str| format!("{}/{name}", pushing.address());
    let insecure = "--tls-verify=false";
    succeed(podman().args(["pull", "-q", insecure, &name("docker.io/library/nginx:1.27")]));
    let (theirs, ours) =
        (name("docker.io/library/nginx:1.27"), name("site.example.org/nginx:mine"));
    succeed(podman().args(["tag", &theirs, &ours]));
    succeed(podman().args(["push", "-q", insecure, &ours]));
    succeed(podman().args(["rmi", "-f", &ours]));
    succeed(podman().args(["pull", "-q", insecure, &ours]));
    succeed(podman().args(["tag", &ours, &name("registry.k8s.io/pause:3.10")]));
    let refused =
        podman().args(["push", insecure, &name("registry.k8s.io/pause:3.10")]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("push under another name"), "{said}");
}

#[test]
fn only_a_user_pushes_where_everybody_may_pull() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    std::fs::write(world.path("users"), crate::users::KIM).unwrap();
    let pushing = Pushing::with(&world, &["--users", "users", "--anonymous-pull"]);
    let from = format!("docker://{}/registry.k8s.io/pause:3.10", pushing.address());
    let to = format!("docker://{}/site.example.org/pause:1", pushing.address());
    let copy = |more: &[&str]| {
        let mut skopeo = skopeo(&world);
        skopeo.args(["copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"]);
        skopeo.args(["--src-no-creds"]).args(more).args([&from, &to]).output().unwrap()
    };
    assert!(!copy(&["--dest-no-creds"]).status.success());
    assert!(!copy(&["--dest-creds", "kim:wrong"]).status.success());
    assert_eq!(pushing.status("GET", "/v2/site.example.org/pause/manifests/1"), 404);
    let pushed = copy(&["--dest-creds", "kim:secret"]);
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    assert_eq!(pushing.status("GET", "/v2/site.example.org/pause/manifests/1"), 200);
    assert_eq!(pushing.status("DELETE", "/v2/site.example.org/pause/manifests/1"), 401);
}
