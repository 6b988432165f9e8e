//! A release and a site, each in a folder of its own.

use manifests::{
    catalog::Catalog,
    overlay::Overlay,
    release::Release,
    yaml::{self, InputError},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const RELEASE: &str = "\
release: demo
version: 1.0.0
serial: 1
title: a demonstration
arches: [amd64]
extra-names: [docker.io]
profiles:
- {name: edge, title: hosts far away}
components:
- {name: etcd, version: v3, why: the guide says so}
- {name: runtime, version: v2}
- {name: runtime, version: v1, profiles: [edge]}
- {name: tool, version: v1, profiles: [edge]}
exceptions:
- {reference: a.io/a, reason: nobody runs it}
omitted:
- {what: Podman, why: nobody needs it}
";

const PIN: &str = "sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9";

/// The folder `main` with a release, and the folder `site`.
pub(crate) struct Folders(TempDir);

impl Folders {
    pub(crate) fn new() -> Self {
        let folders = Self(tempfile::tempdir().unwrap());
        folders.put("main/releases/demo.yaml", RELEASE);
        folders.component("main", "etcd", &["v3", "v4"], true);
        folders.component("main", "runtime", &["v1", "v2"], true);
        folders.component("main", "tool", &["v1"], false);
        folders.component("site", "portal", &["v9"], false);
        folders
    }

    /// Writes a definition, with or without published digests.
    pub(crate) fn component(&self, side: &str, name: &str, versions: &[&str], pinned: bool) {
        let pin = format!("published: {{trust: primary, source: s, any: '{PIN}'}}");
        let pin = if pinned { pin.as_str() } else { "" };
        let version = |version: &&str| {
            format!(
                "  {version}:\n    files:\n    - name: {name}-{version}\n      url: https://{side}.example/{name}/{version}\n      {pin}\n"
            )
        };
        let versions: String = versions.iter().map(version).collect();
        let text = format!(
            "component: {name}\ntitle: t\nhomepage: https://{side}.example\nlicence: MIT\nversions:\n{versions}"
        );
        self.put(&format!("{side}/components/{name}/component.yaml"), &text);
    }

    /// Lays these overlays on the release, which must go well.
    pub(crate) fn lay(&self, overlays: &[&str]) -> (Release, Catalog) {
        self.try_lay(overlays).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The words that refuse these overlays, with `[FOLDER]` for the place.
    pub(crate) fn refusal(&self, overlays: &[&str]) -> String {
        let error = self.try_lay(overlays).unwrap_err().to_string();
        error.replace(&self.0.path().display().to_string(), "[FOLDER]")
    }

    fn try_lay(&self, overlays: &[&str]) -> Result<(Release, Catalog), InputError> {
        let path = self.path("main/releases/demo.yaml");
        let mut release = Release::parse(&path, &yaml::read(&path)?)?;
        let mut catalog = Catalog::beside(&path);
        for (n, text) in overlays.iter().enumerate() {
            let path = self.put(&format!("site/overlays/{n}.yaml"), text);
            catalog = catalog.with_beside(&path);
            release = Overlay::parse(&path, text)?.lay_on(&path, release, &catalog)?;
        }
        Ok((release, catalog))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

/// An overlay for the release, with these lines.
pub(crate) fn site(lines: &str) -> String {
    format!("overlay: site\nfor: demo\n{lines}\n")
}
