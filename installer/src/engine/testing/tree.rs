//! All that is on a host: to go back to, and to compare.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::Arc,
};

/// This machine's programs and the stand-ins: always the same.
const FIXED: &[&str] =
    &["/dev", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/local/sbin"];

/// Not part of what is compared: what the sandbox itself leaves, logs, the
/// counters of the stand-ins, and dpkg's own books.
const LEFT_OUT: &[&str] = &[
    "/var/lib/dpkg",
    "/var/log",
    "/var/cache",
    "/run",
    "/.lab/command",
    "/.lab/body",
    "/.lab/input",
    "/.lab/output",
    "/.lab/errors",
    "/.lab/count",
    "/.lab/left",
    "/.lab/restarts",
    "/.lab/starts",
    "/.lab/applies",
    "/.lab/sent",
];

/// Path → what lies there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tree(BTreeMap<String, Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Folder { mode: u32 },
    File { mode: u32, bytes: Arc<Vec<u8>> },
    Link { to: String },
}

impl Tree {
    /// Reads a folder.
    pub(super) fn read(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.walk(root, "");
        tree
    }

    fn walk(&mut self, folder: &Path, name: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
            if FIXED.contains(&name.as_str()) {
                continue;
            }
            let about = fs::symlink_metadata(entry.path()).unwrap();
            let mode = about.permissions().mode() & 0o7777;
            let node = if about.is_symlink() {
                Node::Link { to: fs::read_link(entry.path()).unwrap().to_str().unwrap().to_owned() }
            } else if about.is_dir() {
                self.walk(&entry.path(), &name);
                Node::Folder { mode }
            } else {
                Node::File { mode, bytes: Arc::new(fs::read(entry.path()).unwrap()) }
            };
            self.0.insert(name, node);
        }
    }

    /// Makes the folder what it was; touches only what differs.
    pub(super) fn write(&self, root: &Path) {
        let now = Self::read(root);
        for (name, _) in now.0.iter().rev().filter(|(name, _)| !self.0.contains_key(*name)) {
            remove(&root.join(&name[1..])).unwrap();
        }
        for (name, node) in self.0.iter().filter(|(name, node)| now.0.get(*name) != Some(node)) {
            node.write(&root.join(&name[1..]));
        }
    }

    /// What a user of the host would notice, as text. The kernel shows settings
    /// with tabs, however they were written.
    pub(crate) fn visible(&self) -> BTreeMap<&str, String> {
        let left_out = |name: &str| {
            let is_in = |place: &&str| {
                name.strip_prefix(*place)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            LEFT_OUT.iter().any(is_in)
        };
        let seen = self.0.iter().filter(|(name, _)| !left_out(name));
        let shown = seen.map(|(name, node)| {
            let text = node.show();
            let settings = name.starts_with("/proc/sys/");
            (name.as_str(), if settings { text.replace('\t', " ") } else { text })
        });
        shown.collect()
    }
}

impl Node {
    fn write(&self, path: &Path) {
        match self {
            Self::Folder { mode } => {
                fs::create_dir_all(path).unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Self::File { mode, bytes } => {
                fs::write(path, &**bytes).unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Self::Link { to } => {
                let _ = remove(path);
                symlink(to, path).unwrap();
            }
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Folder { mode } => format!("folder {mode:o}"),
            Self::File { mode, bytes } if bytes.len() > 20_000 => {
                format!("file {mode:o} {}", bundles::sha256(bytes))
            }
            Self::File { mode, bytes } => {
                format!("file {mode:o} {}", String::from_utf8_lossy(bytes))
            }
            Self::Link { to } => format!("link to {to}"),
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() && !path.is_symlink() { fs::remove_dir(path) } else { fs::remove_file(path) }
}
