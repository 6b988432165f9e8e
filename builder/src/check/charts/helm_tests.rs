//! How a program is taken out of its archive and run. What runs is a shell script
//! in Helm's place: Helm itself is tried by the journeys.

use super::*;
use flate2::{Compression, write::GzEncoder};
use journeys::fixtures::{TarFile, tar_gz};
use manifests::Failure;
use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};
use tar::{EntryType, Header};

static GO_ON: AtomicBool = AtomicBool::new(false);

fn limits() -> Limits<'static> {
    Limits { time: Duration::from_mins(1), bytes: 100_000, stop: &GO_ON }
}

/// A Helm that is this script.
fn helm(script: &str) -> Helm {
    let script = format!("#!/bin/sh\n{script}\n");
    let archive = tar_gz(&[TarFile::program("linux-amd64/helm", script.as_bytes())]);
    Helm::unpack(&archive, Arch::Amd64).unwrap()
}

/// What it says of a chart.
fn render(helm: &Helm, limits: Limits<'_>) -> Result<String, ChartError> {
    let render = Rendering {
        release: "nfs".parse().unwrap(),
        namespace: "storage".parse().unwrap(),
        values: serde_json::from_str(r#"{"text": "yes", "class": {"name": null}}"#).unwrap(),
    };
    let (kubernetes, apis) = ("v1.33.5".parse().unwrap(), Apis::from(["a.io/v1".to_owned()]));
    let kubernetes = Some(&kubernetes);
    helm.render(Chart { archive: b"a chart", render: &render, kubernetes, apis: &apis }, limits)
}

/// An archive with one entry of this name and kind, as no tool would write it.
fn archive(name: &str, kind: EntryType, bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    tar.append(&header, bytes).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

fn refusal(archive: &[u8]) -> ChartError {
    Helm::unpack(archive, Arch::Amd64).unwrap_err()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn helm_alone_is_unpacked_for_our_user_alone_and_goes_in_the_end() {
    let files = ["linux-amd64/LICENSE", "linux-amd64/helm", "linux-arm64/helm"];
    let archive = tar_gz(&files.map(|path| TarFile::new(path, path.as_bytes())));
    let helm = Helm::unpack(&archive, Arch::Amd64).unwrap();
    let folder: PathBuf = helm.folder.path().to_owned();
    assert_eq!(names(&folder), ["helm"]);
    assert_eq!(fs::read(folder.join("helm")).unwrap(), b"linux-amd64/helm");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("helm"))), (0o700, 0o700));
    drop(helm);
    assert!(!folder.exists());
}

#[test]
fn an_archive_without_helm_at_its_very_place_is_refused() {
    for name in ["../linux-amd64/helm", "/linux-amd64/helm", "linux-amd64/../linux-amd64/helm"] {
        let error = refusal(&archive(name, EntryType::Regular, b"x"));
        assert!(matches!(error, ChartError::NoProgram { .. }), "{name}: {error}");
    }
    let error = refusal(&archive("linux-arm64/helm", EntryType::Regular, b"x"));
    assert_eq!(error.to_string(), "the archive holds no `linux-amd64/helm`");
}

#[test]
fn links_and_folders_in_helms_place_are_refused() {
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo] {
        let error = refusal(&archive("linux-amd64/helm", kind, b""));
        assert!(matches!(error, ChartError::NotPlain { .. }), "{kind:?}: {error}");
    }
}

#[test]
fn an_archive_that_is_none_or_is_cut_is_refused() {
    let whole = tar_gz(&[TarFile::program("linux-amd64/helm", &[7; 4096])]);
    let plain = tar_of(&whole);
    let cut = gzip(&plain[..plain.len() - 4000]);
    for archive in [&b"no archive"[..], &whole[..whole.len() / 2], &cut] {
        let error = refusal(archive);
        assert!(matches!(error, ChartError::Archive(_)), "{error:?}");
        assert_eq!(error.exit_code().number(), 20);
    }
}

fn tar_of(archive: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    GzDecoder::new(archive).read_to_end(&mut tar).unwrap();
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn helm_is_told_everything_that_the_lockfile_says_of_the_chart() {
    let helm = helm("echo \"$@\"; read -r values <values.json; echo \"$values\"");
    assert_eq!(
        render(&helm, limits()).unwrap(),
        "template nfs chart.tgz --namespace=storage --values=values.json --include-crds --skip-tests --kube-version=v1.33.5 --api-versions=a.io/v1\n{\"text\":\"yes\",\"class\":{\"name\":null}}\n"
    );
    assert_eq!(fs::read(helm.folder.path().join("chart.tgz")).unwrap(), b"a chart");
}

#[test]
fn nothing_of_this_machine_is_around_helm() {
    let helm = helm("export -p; pwd");
    let told = render(&helm, limits()).unwrap().replace(helm.folder.path().to_str().unwrap(), "F");
    let told: Vec<_> = told
        .lines()
        .map(|line| line.trim_start_matches("export ").trim_start_matches("declare -x "))
        .collect();
    let shells = ["OLDPWD", "PWD=", "SHLVL", "_="];
    let told = told.into_iter().filter(|line| !shells.iter().any(|own| line.starts_with(own)));
    let told: Vec<_> = told.map(|line| line.replace(['\'', '"'], "")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    HELM_CACHE_HOME=F/HELM_CACHE_HOME
    HELM_CONFIG_HOME=F/HELM_CONFIG_HOME
    HELM_DATA_HOME=F/HELM_DATA_HOME
    HOME=F
    HTTPS_PROXY=http://127.0.0.1:0
    HTTP_PROXY=http://127.0.0.1:0
    TMPDIR=F
    F
    ");
}

#[test]
fn what_helm_says_is_shown_without_our_folder_and_without_what_moves_a_cursor() {
    let helm = helm(
        "echo a manifest; printf '\\033[2JError: %s/chart.tgz:\\n nfs.server is needed\\n' \"$PWD\" >&2; exit 3",
    );
    let error = render(&helm, limits()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "helm ended with exit status: 3: [2JError: chart.tgz:\n nfs.server is needed"
    );
    assert_eq!(error.exit_code().number(), 20);
}

#[test]
fn a_helm_that_does_not_end_is_stopped() {
    let began = Instant::now();
    let quick = Limits { time: Duration::from_millis(50), ..limits() };
    let error = render(&helm("while :; do :; done"), quick).unwrap_err();
    assert_eq!(error.to_string(), "helm was stopped: it took more than 0.05 s");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn a_chart_without_an_end_is_stopped_before_the_disk_is_full() {
    for to in ["", " >&2"] {
        let error = render(&helm(&format!("while :; do echo more; done{to}")), limits());
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), "helm was stopped: it wrote more than 100000 bytes");
    }
    let quick = helm("for n in 1 2 3 4 5 6 7 8 9; do echo 123456789; done");
    let few = |bytes| Limits { bytes, ..limits() };
    assert!(matches!(render(&quick, few(89)), Err(ChartError::Endless { .. })));
    assert_eq!(render(&quick, few(90)).unwrap().len(), 90);
}

#[test]
fn the_operator_can_end_it() {
    let stop = AtomicBool::new(true);
    let error = render(&helm("while :; do :; done"), Limits { stop: &stop, ..limits() });
    assert_eq!(error.unwrap_err().exit_code().number(), 130);
}

#[test]
fn bytes_that_are_no_text_are_no_manifest() {
    let error = render(&helm("printf '\\377'"), limits()).unwrap_err();
    assert!(matches!(error, ChartError::Unreadable(RenderError::NotText(_))), "{error}");
}

#[test]
fn a_program_of_another_machine_is_told_as_one_that_cannot_be_started() {
    let archive = tar_gz(&[TarFile::program("linux-amd64/helm", b"\x7fELF for nobody")]);
    let error = render(&Helm::unpack(&archive, Arch::Amd64).unwrap(), limits()).unwrap_err();
    assert!(matches!(error, ChartError::Start { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("TMPDIR"));
}
