//! Plain files: the binaries, archives and Kubernetes manifests of a release by
//! component and name, and by where upstream keeps them. Worked out on the first
//! question, from the lockfile that each bundle carries.

use super::{
    holdings::{Holdings, wins},
    names::unescaped,
    reply::{Reply, document},
};
use bundles::{Bundle, BundleError};
use manifests::{Digest, lockfile::LockedFile};
use std::{collections::BTreeMap, fmt::Write};

/// One file to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedFile {
    /// Its bytes.
    pub(crate) digest: Digest,
    /// Its media type.
    pub(crate) media_type: String,
    size: u64,
}

/// Files by path: `etcd/amd64/etcd-v3.5.23-linux-amd64.tar.gz`.
#[derive(Debug, Default)]
pub(crate) struct Files {
    by_name: BTreeMap<String, ServedFile>,
    by_source: BTreeMap<String, ServedFile>,
}

impl Files {
    /// Reads the lockfile of every bundle. Names in two of them go to the bundle
    /// that wins them as image names too.
    pub(crate) fn read(holdings: &Holdings) -> Result<Self, BundleError> {
        let mut files = Self::default();
        let mut givers: BTreeMap<String, &Bundle> = BTreeMap::new();
        for bundle in holdings.bundles() {
            for file in bundle.lockfile()?.files {
                let path = path(&file);
                if givers.get(&path).is_none_or(|before| wins(bundle, before)) {
                    files.by_name.insert(path.clone(), served(&file));
                    givers.insert(path, bundle);
                }
                files.by_source.entry(source(&file)).or_insert_with(|| served(&file));
            }
        }
        Ok(files)
    }

    /// The file at `COMPONENT[/ARCH]/NAME`.
    pub(crate) fn named(&self, path: &str) -> Option<&ServedFile> {
        self.by_name.get(path)
    }

    /// The file that upstream keeps at `HOST/PATH`.
    pub(crate) fn at_source(&self, path: &str) -> Option<&ServedFile> {
        self.by_source.get(path)
    }

    /// Path, size and digest of each file below a folder; `None` when there is
    /// no such folder.
    pub(crate) fn list(&self, folder: &str) -> Option<Reply> {
        let below = self.by_name.iter().filter(|(path, _)| path.starts_with(folder));
        let text = below.fold(String::new(), |mut text, (path, file)| {
            writeln!(text, "{path}  {}  {}", file.size, file.digest).expect("writing to memory");
            text
        });
        let known = folder.is_empty() || !text.is_empty();
        known.then(|| document("text/plain; charset=utf-8", text))
    }
}

fn path(file: &LockedFile) -> String {
    let arch = file.arch.map(|arch| format!("{arch}/")).unwrap_or_default();
    format!("{}/{arch}{}", file.component, file.name)
}

/// A source's address without its scheme, and without escapes as in each request.
fn source(file: &LockedFile) -> String {
    let url = file.source.as_str();
    let place = url.split_once("://").map_or(url, |(_, rest)| rest);
    unescaped(place).unwrap_or_else(|| place.to_owned())
}

fn served(file: &LockedFile) -> ServedFile {
    let LockedFile { digest, media_type, size, .. } = file;
    ServedFile { digest: digest.clone(), media_type: media_type.clone(), size: *size }
}
