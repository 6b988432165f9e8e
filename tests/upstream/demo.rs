use super::get;
use journeys::{
    client,
    fixtures::{self, Options},
    upstream::{Upstream, file_path, manifest_path, sha256},
};
use manifests::{
    Arch,
    catalog::Catalog,
    component::{Contents, ImageSource},
    release::Release,
    yaml,
};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The release in a folder as the builder will read it.
fn read(release: &Path) -> Vec<(manifests::release::Pick, Contents)> {
    let read = Release::parse(release, &yaml::read(release).unwrap()).unwrap();
    Catalog::beside(release).contents(&read).unwrap()
}

#[test]
fn everything_the_demo_release_names_is_on_its_upstream() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixtures::demo(folder.path(), &Options::default()).unwrap();
    let upstream = Upstream::start().unwrap();
    demo.publish(&upstream);
    let (mut files, mut images) = (0, 0);
    for (pick, contents) in read(&demo.release) {
        for source in contents.files.iter().chain(&contents.manifests) {
            for file in source.resolve(&pick.version, &[Arch::Amd64, Arch::Arm64]).unwrap() {
                let answer = get(&upstream, &file_path(file.url.as_str()), &[]);
                assert_eq!(answer.status, 200, "{}", file.url);
                let published = file.published.map(|(digest, _)| digest);
                assert!(published.is_none_or(|digest| digest == sha256(&answer.body)));
                files += 1;
            }
        }
        for image in &contents.images {
            check_image(&upstream, image);
            images += 1;
        }
    }
    assert_eq!((files, images), (demo.files.len(), demo.images.len()));
}

fn check_image(upstream: &Upstream, image: &ImageSource) {
    let answer = get(upstream, &manifest_path(&image.name), &[]);
    assert_eq!(answer.status, 200, "{}", image.name);
    let published = image.published.as_ref().and_then(|published| published.any.clone());
    assert!(published.is_none_or(|digest| digest == sha256(&answer.body)));
}

#[test]
fn the_demo_shows_extra_names_published_digests_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixtures::demo(folder.path(), &Options::default()).unwrap();
    let release = Release::parse(&demo.release, &yaml::read(&demo.release).unwrap()).unwrap();
    let contents = read(&demo.release);
    let images: Vec<_> = contents.iter().flat_map(|(_, contents)| &contents.images).collect();
    let extra = images.iter().flat_map(|image| &image.also).next().unwrap();
    assert_eq!(release.extra_names, [extra.registry()]);
    assert!(images.iter().any(|image| image.published.is_some()));
    assert!(release.components.iter().any(|pick| pick.why.is_some()));
}

#[test]
fn the_demo_is_the_same_every_time_and_as_big_as_asked() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let options = Options { size_mib: 8, arches: vec![Arch::Arm64] };
    let [one, two] =
        folders.each_ref().map(|folder| fixtures::demo(folder.path(), &options).unwrap());
    assert_eq!((&one.files, &one.images), (&two.files, &two.images));
    assert_eq!(fs::read(&one.release).unwrap(), fs::read(&two.release).unwrap());
    assert!(one.files[0].1.len() > 4 << 20);
}

#[test]
fn mirrors_lead_from_the_original_hosts_to_the_upstream() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixtures::demo(folder.path(), &Options::default()).unwrap();
    let upstream = Upstream::start().unwrap();
    let text = fs::read_to_string(demo.write_mirrors(&upstream).unwrap()).unwrap();
    let has = |from: String| text.contains(&format!("from: {from}\n"));
    let hosts = demo.files.iter().filter_map(|(url, _)| url.split('/').nth(2));
    assert!(hosts.into_iter().all(|host| has(format!("https://{host}/"))));
    assert!(demo.images.iter().all(|(name, _)| has(name.registry().to_owned())));
    let origin = format!("http://{}", upstream.address());
    let expected = "\
urls:
- from: https://download.example.org/
  to: ORIGIN/files/download.example.org/
- from: https://dl.k8s.io/
  to: ORIGIN/files/dl.k8s.io/
- from: https://github.com/
  to: ORIGIN/files/github.com/
- from: https://packages.lab.example/
  to: ORIGIN/files/packages.lab.example/
- from: https://storage.googleapis.com/
  to: ORIGIN/files/storage.googleapis.com/
registries:
- from: registry.example.org
  to: ORIGIN/registry.example.org
- from: docker.io
  to: ORIGIN/docker.io
- from: registry.k8s.io
  to: ORIGIN/registry.k8s.io
";
    assert_eq!(text, expected.replace("ORIGIN", &origin));
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bottari-upstream"));
    command.arg(folder).arg("--port-file").arg(folder.join("port"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Waits until the program has printed where everything is.
fn first_lines(child: &mut Child) -> Vec<String> {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    lines.take(3).map(Result::unwrap).collect()
}

#[test]
fn the_program_serves_until_its_input_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    let lines = first_lines(&mut child);
    let port: u16 = fs::read_to_string(folder.path().join("port")).unwrap().parse().unwrap();
    assert_eq!(lines[0], format!("address: http://127.0.0.1:{port}"));
    assert!(folder.path().join("mirrors.yaml").is_file());
    let path = "/v2/registry.example.org/pause/manifests/3.10";
    let answer = client::head(([127, 0, 0, 1], port).into(), path, &[]).unwrap();
    assert_eq!(answer.status, 200);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_program_ends_well_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    first_lines(&mut child);
    let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success() && child.wait().unwrap().success());
}

#[test]
fn a_stand_in_says_that_it_is_none_of_the_programs_it_is_named_after() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixtures::demo(folder.path(), &Options::default()).unwrap();
    let (_, kubeadm) = demo.files.iter().find(|(url, _)| url.ends_with("amd64/kubeadm")).unwrap();
    let script = str::from_utf8(kubeadm).unwrap();
    let said = Command::new("sh").args(["-c", script, "kubeadm", "version"]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    let expected = "kubeadm for amd64: a stand-in of the demo release, not the program\n";
    assert_eq!(String::from_utf8_lossy(&said.stderr), expected);
}
