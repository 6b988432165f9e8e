//! What a chart is rendered with: Helm needs more than the archive to say which
//! objects it comes to, and so does whoever wants to know what these ask for.

use crate::{
    Name,
    component::FileSource,
    lockfile::{FileKind, Lockfile},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// What a chart is rendered with, in a definition and in a lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rendering {
    /// What Helm calls the installed chart.
    pub release: Name,
    /// The namespace it is installed in.
    pub namespace: Name,
    /// What differs from the chart's own values; `null` takes one of these away.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
}

/// Charts hold texts, and every program that reads one wants its ending.
pub(crate) fn check_source(kind: FileKind, source: &FileSource) -> Result<(), String> {
    let is_tgz = Path::new(&source.name).extension().is_some_and(|ending| ending == "tgz");
    let wrong = match (kind, &source.render) {
        (FileKind::File | FileKind::Manifest, Some(_)) => "only charts are rendered",
        (FileKind::Chart, _) if source.url.contains("{arch}") => {
            "a chart is the same for all architectures"
        }
        (FileKind::Chart, _) if !is_tgz => "the archive of a chart is called `….tgz`",
        (FileKind::Chart, None) => {
            "`render` must say with which release, namespace and values the chart is installed"
        }
        (FileKind::File | FileKind::Manifest, None) | (FileKind::Chart, Some(_)) => return Ok(()),
    };
    Err(format!("{}: {wrong}", source.name))
}

/// Only charts are rendered. One without these settings is from an older tool.
pub(crate) fn check(lockfile: &Lockfile) -> Result<(), String> {
    let is_other = |kind| kind != FileKind::Chart;
    match lockfile.files.iter().find(|file| file.render.is_some() && is_other(file.kind)) {
        Some(file) => {
            Err(format!("`{}/{}` is rendered, but is no chart", file.component, file.name))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arch, component::Component, yaml};

    const LOCK: &str = "\
format: bottari.lock/v1
release: demo
version: '1'
serial: 1
title: t
arches: [amd64]
compression-level: 3
files:
- kind: chart
  component: nfs
  version: v1
  name: nfs-1.tgz
  source: https://example.org/nfs-1.tgz
  size: 3
  digest: sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9
  media-type: application/gzip
  render:
    release: nfs
    namespace: storage
    values:
      text: \"yes\"
      storageClass:
        defaultClass: true
        archiveOnDelete: null
        count: 3
images: []
";

    fn parse(text: &str) -> Result<Lockfile, String> {
        Lockfile::parse(Path::new("x.lock"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lockfile_keeps_what_a_chart_is_rendered_with() {
        let lockfile = parse(LOCK).unwrap();
        let text = lockfile.render();
        assert_eq!(parse(&text).unwrap(), lockfile);
        let (_, written) = LOCK.split_once("  render:\n").unwrap();
        let (written, _) = written.split_once("images:").unwrap();
        assert!(text.contains(written), "{text}");
    }

    #[test]
    fn a_chart_of_an_older_tool_is_still_read_and_nothing_else_is_rendered() {
        let (head, rest) = LOCK.split_once("  render:\n").unwrap();
        let (_, tail) = rest.split_once("images:").unwrap();
        let old = parse(&format!("{head}images:{tail}")).unwrap();
        assert!(old.files[0].render.is_none() && !old.render().contains("render:"));
        let error = parse(&LOCK.replace("kind: chart", "kind: file")).unwrap_err();
        assert!(error.contains("`nfs/nfs-1.tgz` is rendered, but is no chart"), "{error}");
    }

    /// A component whose version has these contents.
    fn component(contents: &str) -> Result<Component, String> {
        let text = format!(
            "component: nfs\ntitle: t\nhomepage: https://a.io\nlicence: MIT\nversions: {{v3.5.23: {{{contents}}}}}\n"
        );
        Component::parse(Path::new("c.yaml"), &text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_chart_is_one_archive_for_all_architectures() {
        let chart = |name: &str, url: &str| {
            let render = "render: {release: nfs, namespace: storage}";
            component(&format!("charts: [{{name: '{name}', url: 'https://a.io/{url}', {render}}}]"))
        };
        let component = chart("nfs-{bare-version}.tgz", "nfs-{bare-version}.tgz").unwrap();
        let (version, contents) = component.versions.first_key_value().unwrap();
        let charts = contents.charts[0].resolve(version, &[Arch::Amd64, Arch::Arm64]).unwrap();
        assert_eq!((charts.len(), charts[0].name.as_str()), (1, "nfs-3.5.23.tgz"));
        let arches = chart("nfs.tgz", "nfs-{arch}.tgz").unwrap_err();
        assert!(arches.contains("nfs.tgz: a chart is the same"), "{arches}");
        let ending = chart("nfs.tar.gz", "nfs.tgz").unwrap_err();
        assert!(ending.contains("nfs.tar.gz: the archive of a chart"), "{ending}");
    }

    #[test]
    fn every_chart_and_nothing_else_says_what_it_is_rendered_with() {
        let error = component("charts: [{name: nfs.tgz, url: 'https://a.io/nfs.tgz'}]");
        let error = error.unwrap_err();
        assert!(error.contains("nfs.tgz: `render` must say with which release"), "{error}");
        let render = "render: {release: a, namespace: b}";
        let error = component(&format!("files: [{{name: a, url: 'https://a.io/a', {render}}}]"));
        assert!(error.unwrap_err().contains("a: only charts are rendered"));
    }

    #[test]
    fn values_may_be_left_out_and_names_may_not_begin_like_options() {
        let parse = |text: &str| yaml::parse::<Rendering>(Path::new("c.yaml"), text);
        assert!(parse("release: a\nnamespace: b\n").unwrap().values.is_empty());
        assert!(parse("release: --set\nnamespace: b\n").is_err());
        assert!(parse("release: a\n").is_err());
    }
}
