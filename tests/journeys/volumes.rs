//! A bundle that is larger than the medium: split, carried in pieces, read where
//! they lie.

use crate::office::{Office, words};
use journeys::{fixtures::Options, run::Program, stock};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

const INSTALLER: &str = "--trust release.pub --state-dir state";

/// An office whose bundle fills several chunks.
fn office() -> Office {
    let office = Office::with_bundle_of(&Options { size_mib: 40, ..Options::default() });
    assert!(office.read("demo.bundle").len() > 3 << 22);
    office
}

/// A registry; it ends with the test.
struct Registry(Child);

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves on a free port and gives the address.
fn serve(office: &Office, bundles: &str) -> (Registry, String) {
    let line = format!("serve {bundles} --listen 127.0.0.1:0 --port-file port {INSTALLER}");
    let mut command = office.sandbox.command(Program::Installer, &words(&line));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let registry = Registry(child);
    let serving = said.lines().map(Result::unwrap).find(|line| line.contains("serving "));
    assert!(serving.is_some(), "the registry did not begin");
    let port = String::from_utf8(office.read("port")).unwrap();
    (registry, format!("127.0.0.1:{}", port.trim()))
}

#[test]
fn a_bundle_goes_through_volumes_into_a_registry_and_back() {
    let office = office();
    office.builder("split demo.bundle --volume-size 5MiB -o discs --trust release.pub");
    let discs = office.names("discs");
    assert!(discs.len() > 3 && discs[0].starts_with("demo.bundle.001of00"), "{discs:?}");
    office.builder("verify discs --trust release.pub");
    let shown = office.builder("inspect demo.bundle --trust release.pub").stdout;
    let volumes = format!(" in {} volumes\n", discs.len());
    let from_one = office.builder(&format!("inspect discs/{} --trust release.pub", discs[2]));
    assert_eq!(from_one.stdout.replace(&volumes, "\n"), shown);
    // Two go on a stick.
    fs::create_dir(office.path("stick")).unwrap();
    for name in &discs[1..3] {
        fs::rename(office.path(&format!("discs/{name}")), office.path(&format!("stick/{name}")))
            .unwrap();
    }
    let verify = format!("verify stick discs {INSTALLER}");
    let verified = office.sandbox.run(Program::Installer, &words(&verify));
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    let (_registry, address) = serve(&office, "discs stick");
    let Some(mut skopeo) = stock::tool("skopeo", &office.path("home")) else { return };
    let (name, _) = &office.demo.images[0];
    skopeo.args(["--insecure-policy", "--override-arch", "amd64", "copy", "--quiet"]);
    skopeo.args(["--src-tls-verify=false", &format!("docker://{address}/{name}")]);
    stock::succeed(skopeo.current_dir(office.path(".")).arg("oci:pulled:image"));
}

#[test]
fn stock_tools_join_volumes_to_the_very_bundle() {
    let office = office();
    office.builder("split demo.bundle --volume-size 9MiB");
    let document = include_str!("../../docs/bundle-format.md");
    let blocks = document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script = blocks.into_iter().find(|block| block.contains("\"$V\"")).unwrap();
    let mut sh = Command::new("sh");
    sh.args(["-euc", script]).env("V", "demo.bundle").current_dir(office.path("."));
    stock::succeed(&mut sh);
    assert!(office.read("joined") == office.read("demo.bundle"));
}

#[test]
fn a_build_leaves_volumes_in_the_place_of_the_bundle() {
    let office = office();
    office.builder("split demo.bundle --volume-size 5MiB -o expected");
    fs::create_dir(office.path("out")).unwrap();
    let build = "build releases/demo.lock --offline --key release.key --volume-size 5MiB";
    office.builder(&format!("{build} -o out/demo.bundle"));
    assert_eq!(office.names("out"), office.names("expected"));
    for name in office.names("out") {
        let [found, expected] = ["out", "expected"].map(|at| office.read(&format!("{at}/{name}")));
        assert!(found == expected, "{name}");
    }
}

#[test]
fn volumes_replace_cache_and_network_like_the_bundle() {
    let office = office();
    office.builder("split demo.bundle --volume-size 5MiB -o discs");
    let build = "build releases/demo.lock --cache empty --offline --key release.key";
    office.builder(&format!("{build} --reuse discs -o again.bundle"));
    assert!(office.read("again.bundle") == office.read("demo.bundle"));
}

#[test]
fn a_size_that_cannot_be_is_refused_before_anything_is_fetched() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let build = "build releases/demo.lock --mirrors mirrors.yaml --cache empty --key release.key";
    let refusal = office.refusal(&format!("{build} -o b --volume-size 4MiB"));
    assert!(refusal.contains("a volume of 4194304 bytes is too small"), "{refusal}");
    assert!(refusal.contains("hint: use `--volume-size 5MiB` or more"), "{refusal}");
    assert!(refusal.ends_with("exit code 2") && !office.path("b").exists(), "{refusal}");
    let refusal = office.refusal(&format!("{build} -o b --volume-size 4.7GB"));
    assert!(refusal.contains("`4.7GB` is no size"), "{refusal}");
}

#[test]
fn volumes_are_neither_signed_nor_reported_and_say_so() {
    let office = office();
    office.builder("split demo.bundle --volume-size 9MiB -o discs");
    for line in ["sign discs --key release.key", "report discs/demo.bundle.001of002 -o r.html"] {
        let refusal = office.refusal(line);
        assert!(refusal.ends_with("exit code 20"), "{line}: {refusal}");
    }
    assert!(!office.path("r.html").exists());
}

#[test]
fn a_bundle_beside_its_own_volumes_is_verified_as_two() {
    let office = office();
    fs::create_dir(office.path("medium")).unwrap();
    fs::copy(office.path("demo.bundle"), office.path("medium/demo.bundle")).unwrap();
    office.builder("split medium/demo.bundle --volume-size 9MiB -o medium");
    let verified = office.builder("verify medium --trust release.pub").stderr;
    assert_eq!(verified.matches(" is whole and signed by ").count(), 2, "{verified}");
}
