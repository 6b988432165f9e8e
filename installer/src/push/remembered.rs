//! Where unfinished uploads are, so that a push that was killed goes on where the
//! registry is. One small file for each, in one rename; without it a push works
//! just as well and sends such a blob from its beginning.

use axum::http::uri::PathAndQuery;
use bundles::sha256;
use manifests::Digest;
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Registries discard unfinished uploads after a week.
const OLD: Duration = Duration::from_hours(24 * 30);

/// A folder of such files.
#[derive(Debug, Clone)]
pub(super) struct Uploads {
    folder: PathBuf,
    registry: String,
}

impl Uploads {
    /// Those to one registry. What no registry knows any more is cleared away.
    pub(super) fn new(folder: &Path, registry: &str) -> Self {
        sweep(folder);
        Self { folder: folder.to_owned(), registry: registry.to_owned() }
    }

    /// Where the upload of a blob was told to go on.
    pub(super) fn get(&self, repository: &str, digest: &Digest) -> Option<String> {
        let text = fs::read(self.path(repository, digest)).ok()?;
        let location = location(&text, &self.head(repository, digest));
        if location.is_none() {
            // It would lead nowhere, today and on every other day.
            self.forget(repository, digest);
        }
        location
    }

    /// Keeps it. An address is as good as the right to go on, so nobody else may
    /// read it; what has the file's name is whole, also after a loss of power.
    pub(super) fn put(&self, repository: &str, digest: &Digest, location: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(repository, digest);
        let partial = path.with_extension("partial");
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&partial);
        let text = format!("{}\n{location}\n", self.head(repository, digest));
        let mut file = file?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(partial, path)
    }

    /// Forgets it: the upload is complete, or gone.
    pub(super) fn forget(&self, repository: &str, digest: &Digest) {
        // One that stays is asked about, found gone, and forgotten next time.
        let _ = fs::remove_file(self.path(repository, digest));
    }

    fn head(&self, repository: &str, digest: &Digest) -> String {
        format!("{}/{repository}@{digest}", self.registry)
    }

    fn path(&self, repository: &str, digest: &Digest) -> PathBuf {
        let name = sha256(self.head(repository, digest).as_bytes());
        self.folder.join(name.hex()).with_extension("upload")
    }
}

/// The address in a file that begins with this head: one line, and all of it a path
/// with its query.
fn location(text: &[u8], head: &str) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let line = text.strip_prefix(head)?.strip_prefix('\n')?.strip_suffix('\n')?;
    let parsed: PathAndQuery = line.parse().ok()?;
    (line.starts_with('/') && parsed.as_str() == line).then(|| line.to_owned())
}

/// Removes what is older than any unfinished upload that a registry keeps.
fn sweep(folder: &Path) {
    let is_old = |entry: &fs::DirEntry| {
        let written = entry.metadata().and_then(|file| file.modified()).ok();
        written.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > OLD)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(is_old) {
        // One that stays is in nobody's way.
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_remembered_for_one_blob_of_one_repository_of_one_registry() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(folder.path(), "r.site:5000");
        let digest = sha256(b"blob");
        assert_eq!(uploads.get("a", &digest), None);
        uploads.put("a", &digest, "/v2/a/blobs/uploads/1?_state=x").unwrap();
        assert_eq!(uploads.get("a", &digest).as_deref(), Some("/v2/a/blobs/uploads/1?_state=x"));
        assert_eq!(uploads.get("b", &digest), None);
        assert_eq!(Uploads::new(folder.path(), "q.site").get("a", &digest), None);
        uploads.forget("a", &digest);
        assert_eq!(uploads.get("a", &digest), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_no_registry_remembers_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.upload"), folder.path().join("new.upload"));
        fs::write(&new, "").unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * OLD;
        File::create(&old).unwrap().set_modified(long_ago).unwrap();
        Uploads::new(folder.path(), "r.site");
        assert!(new.exists() && !old.exists());
    }

    #[test]
    fn a_file_without_an_address_leads_nowhere_and_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(folder.path(), "r.site");
        let digest = sha256(b"blob");
        let ours = format!("r.site/a@{digest}");
        let bad =
            ["https://evil/\n", "/v2/a b\n", "/v2/a\n/v2/b\n", "/v2/a#b\n", "/v2/cut", "\n", ""];
        let mut files = bad.map(|location| format!("{ours}\n{location}").into_bytes()).to_vec();
        files.extend([vec![], b"x\n/v2/\n".to_vec(), [ours.as_bytes(), b"\n/\xff\n"].concat()]);
        for text in files {
            let path = uploads.path("a", &digest);
            fs::write(&path, &text).unwrap();
            assert_eq!(uploads.get("a", &digest), None, "{}", text.escape_ascii());
            assert!(!path.exists(), "{}", text.escape_ascii());
        }
    }
}
