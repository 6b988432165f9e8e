//! Charts as the real Helm renders them. Nobody has a Helm by default, so these
//! journeys are skipped unless `BOTTARI_TEST_HELM` names the archive of one for
//! this machine; the lab builds it and says so. Only how a check is interrupted is
//! tried with a program that never ends.

use crate::office::{Office, words};
use journeys::{
    fixtures::{HELM_VARIABLE, TarFile, images, real_helm, tar_gz},
    run::{Outcome, Program},
    stock,
};
use manifests::lockfile::Lockfile;
use std::{
    env::consts,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const HELM: &str = "\
component: helm
title: the package manager for Kubernetes
homepage: https://helm.sh
licence: Apache-2.0
versions:
  v3.0.0-any:
    files:
    - name: helm-linux-{arch}.tar.gz
      url: https://download.example.org/helm-linux-{arch}.tar.gz
";

const ROUTES: &str = "\
component: routes
title: a definition that a chart looks for
homepage: https://routes.example.org
licence: Apache-2.0
versions:
  v1.0.0:
    manifests:
    - name: routes.yaml
      url: https://download.example.org/routes.yaml
";

const ROUTE: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.routes.example.org}
spec:
  group: routes.example.org
  names: {kind: Route, plural: routes}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
";

const SHOP: &str = "\
component: shop
title: a shop
homepage: https://shop.example.org
licence: Apache-2.0
versions:
  v1.2.0:
    charts:
    - name: shop-{bare-version}.tgz
      url: https://download.example.org/shop-{bare-version}.tgz
      render:
        release: our-shop
        namespace: shops
        values:
          owner: 'yes'
          image: {tag: v1.2.0}
          tools: {enabled: true}
    images:
";

/// What the chart asks for with these values, and where it says so.
const SHOWN: [(&str, &str); 7] = [
    (
        "web",
        "templates/web.yaml, Deployment shops/our-shop-web, spec.template.spec.containers[0].image",
    ),
    (
        "worker",
        "templates/settings.yaml, ConfigMap our-shop-settings, data[\"settings.yaml\"] > worker.image",
    ),
    (
        "migration",
        "templates/migration.yaml, Job our-shop-migration, spec.template.spec.containers[0].image",
    ),
    ("tools", "templates/tools.yaml, Pod our-shop-tools, spec.containers[0].image"),
    ("router", "templates/router.yaml, Route our-shop, spec.image"),
    ("clerk", "templates/clerk.yaml, Pod our-shop-clerk, spec.containers[0].image"),
    (
        "packer",
        "crds/orders.yaml, CustomResourceDefinition orders.shop.example.org, spec.versions[0].schema.openAPIV3Schema.properties.packerImage.default",
    ),
];

const LOCK: &str = "-q lock releases/demo.yaml --mirrors mirrors.yaml";
const CHECK: &str = "check releases/demo.lock --mirrors mirrors.yaml";

fn name(image: &str) -> String {
    format!("registry.example.org/shop/{image}:v1.2.0")
}

/// An office whose release has the chart of a shop, with this file more in it, and
/// the real Helm; none when that is not at hand.
fn office(more: &[TarFile]) -> Option<Office> {
    let helm = real_helm().unwrap();
    if helm.is_none() {
        stock::skipped(&format!("{HELM_VARIABLE} names no archive of a Helm"));
    }
    helm.map(|helm| office_with(&helm, more))
}

/// The same with any program as Helm.
fn office_with(helm: &[u8], more: &[TarFile]) -> Office {
    let office = Office::open();
    let files = [
        ("helm-linux-amd64.tar.gz", for_processor("x86_64", helm)),
        ("helm-linux-arm64.tar.gz", for_processor("aarch64", helm)),
        ("routes.yaml", ROUTE.as_bytes().to_vec()),
        ("shop-1.2.0.tgz", shop(more)),
    ];
    for (name, bytes) in files {
        office.upstream.put_file(&format!("https://download.example.org/{name}"), bytes);
    }
    for (image, _) in SHOWN {
        let image = name(image).parse().unwrap();
        office.upstream.put_image(&image, &images::multi_arch(image.to_string().as_bytes()));
    }
    let images = SHOWN.map(|(image, _)| format!("    - name: {}\n", name(image)));
    let shop = format!("{SHOP}{}", images.concat());
    for (name, text) in [("helm", HELM), ("routes", ROUTES), ("shop", &shop)] {
        add(&office, name, text);
    }
    office
}

/// Nothing that runs, for the processors of other machines.
fn for_processor(processor: &str, helm: &[u8]) -> Vec<u8> {
    if consts::ARCH == processor { helm.to_vec() } else { b"for another machine".to_vec() }
}

/// Puts a component into the release.
fn add(office: &Office, name: &str, definition: &str) {
    let folder = office.path("components").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("component.yaml"), definition).unwrap();
    let (_, versions) = definition.split_once("versions:\n  ").unwrap();
    let version = versions.split_once(':').unwrap().0;
    let release = fs::read_to_string(office.path("releases/demo.yaml")).unwrap();
    let pick = format!("components:\n- {{name: {name}, version: {version}}}\n");
    fs::write(office.path("releases/demo.yaml"), release.replacen("components:\n", &pick, 1))
        .unwrap();
}

/// The chart, packed.
fn shop(more: &[TarFile]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/charts");
    let mut files = more.to_vec();
    for path in below(&root.join("shop")) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        files.push(TarFile::new(&name, &fs::read(&path).unwrap()));
    }
    tar_gz(&files)
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// Changes the definition of the shop.
fn change(office: &Office, from: &str, to: &str) {
    let path = office.path("components/shop/component.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_chart_counts_like_the_manifest_that_helm_makes_of_it() {
    let Some(office) = office(&[]) else { return };
    office.builder(LOCK);
    let Outcome { stdout, .. } = office.builder(CHECK);
    let line = stdout.lines().find(|line| line.starts_with("rendered: ")).unwrap();
    let expected =
        "rendered: shop/shop-1.2.0.tgz (by Helm v3.0.0-any for Kubernetes v1.33.13: 7 objects)";
    assert_eq!(line, expected);
    let row = stdout.lines().find(|line| line.starts_with("shop ")).unwrap();
    let counts: Vec<_> = row.split_whitespace().skip(2).collect();
    assert_eq!(counts, ["7", "7", "0", "ok"]);
    office.builder("build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b");
}

#[test]
fn without_any_one_image_of_a_chart_its_place_is_named() {
    let Some(office) = office(&[]) else { return };
    office.builder(LOCK);
    let text = fs::read_to_string(office.path("releases/demo.lock")).unwrap();
    office.builder(CHECK);
    let whole = Lockfile::parse(Path::new("demo.lock"), &text).unwrap();
    for (image, place) in SHOWN {
        let mut lockfile = whole.clone();
        lockfile.images.retain(|other| other.name.to_string() != name(image));
        fs::write(office.path("releases/demo.lock"), lockfile.render()).unwrap();
        let refusal = office.refusal(&format!("-q {CHECK} --offline"));
        assert!(refusal.contains(&format!("shop: `{}` is not locked", name(image))), "{refusal}");
        assert!(refusal.contains(&format!("in shop-1.2.0.tgz, {place}\n")), "{refusal}");
        assert!(refusal.ends_with("exit code 20"), "{refusal}");
    }
}

#[test]
fn what_the_values_turn_off_is_not_asked_for() {
    let Some(office) = office(&[]) else { return };
    change(&office, "tools: {enabled: true}", "tools: {enabled: false}");
    office.builder(LOCK);
    let refusal = office.refusal(&format!("-q {CHECK}"));
    let stray = format!("shop: `{}` is locked, but nothing names it", name("tools"));
    assert!(refusal.contains(&stray), "{refusal}");
}

#[test]
fn a_chart_that_helm_cannot_render_is_told_in_helms_words_and_there_is_no_bundle() {
    let Some(office) = office(&[]) else { return };
    change(&office, "          owner: 'yes'\n", "");
    office.builder(LOCK);
    let refusal = office.refusal(&format!("-q {CHECK}"));
    for words in [
        "chart `shop/shop-1.2.0.tgz` cannot be rendered",
        "Error: execution error at (shop/templates/web.yaml",
        "owner: who may order?",
        "exit code 20",
    ] {
        assert!(refusal.contains(words), "{refusal}");
    }
    let build = "-q build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b";
    assert!(office.refusal(build).ends_with("exit code 20"));
    assert!(!office.path("b").exists());
}

#[test]
fn a_chart_cannot_make_helm_ask_the_network() {
    let schema = br#"{"properties": {"owner": {"$ref": "http://schemas.example.org/owner.json"}}}"#;
    let Some(office) = office(&[TarFile::new("shop/values.schema.json", schema)]) else { return };
    office.builder(LOCK);
    let refusal = office.refusal(&format!("-q {CHECK}"));
    assert!(refusal.contains("schemas.example.org"), "{refusal}");
    assert!(refusal.contains("dial tcp 127.0.0.1:"), "{refusal}");
}

#[test]
fn an_interrupted_check_takes_helm_along_and_leaves_nothing_behind() {
    let path = if consts::ARCH == "x86_64" { "linux-amd64/helm" } else { "linux-arm64/helm" };
    let endless = b"#!/bin/sh\necho $$ >../helm.pid\nwhile :; do :; done\n";
    let mut office = office_with(&tar_gz(&[TarFile::program(path, endless)]), &[]);
    office.builder(LOCK);
    fs::create_dir(office.path("temporary")).unwrap();
    let temporary = office.path("temporary").to_str().unwrap().to_owned();
    office.sandbox.set("TMPDIR", &temporary);

    let mut command = office.sandbox.command(Program::Builder, &words(&format!("-q {CHECK}")));
    let mut check = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let helm = pid(&office.path("temporary/helm.pid"), &mut check);
    let kill = Command::new("kill").arg(check.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert_eq!(check.wait().unwrap().code(), Some(130));
    assert!(!Path::new("/proc").join(&helm).exists(), "Helm goes on");
    let left: Vec<_> = Path::new(&temporary).read_dir().unwrap().map(Result::unwrap).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// What a program writes into this file, as long as the one that started it runs.
fn pid(file: &Path, starter: &mut Child) -> String {
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            return pid.to_owned();
        }
        assert_eq!(starter.try_wait().unwrap(), None, "the check has ended");
        std::thread::yield_now();
    }
}
