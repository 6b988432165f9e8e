//! Closures that are installed for real: packages with the real relations and nothing
//! inside, by stock apt and dpkg, in a root of its own and without a network.

use crate::apt;
use builder::debian::Package;
use journeys::stock::succeed;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

/// Fields of an index that a control file does not have.
const OF_THE_INDEX: [&str; 6] =
    ["Filename:", "Size:", "MD5sum:", "SHA1:", "SHA256:", "Description-md5:"];

/// What a root begins with.
const FOLDERS: [&str; 5] = [
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/lib/dpkg/triggers",
    "lists/partial",
    "archives/partial",
];

/// All of apt's settings; `@` stands for the root.
const SETTINGS: &str = r#"
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "@/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "@";
Dir::State::lists "@/lists";
Dir::State::status "@/var/lib/dpkg/status";
Dir::Cache "@";
Dir::Cache::archives "@/archives";
Dir::Log "@";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Dpkg::Use-Pty "false";
DPkg::Options { "--root=@"; "--force-unsafe-io"; };
"#;

/// What is installed, by name and version.
pub(crate) type Installed = BTreeMap<String, String>;

/// Packages that were made, for all closures together.
pub(crate) struct Hulls {
    folder: tempfile::TempDir,
    made: Mutex<BTreeMap<String, Arc<Hull>>>,
}

/// A package without contents: its file, and what an index says of it.
struct Hull {
    path: PathBuf,
    paragraph: String,
}

impl Hulls {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: Mutex::default() }
    }

    fn hull(&self, package: &Package) -> Arc<Hull> {
        let mut made = self.made.lock().unwrap();
        let hull = made.entry(package.to_string()).or_insert_with(|| Arc::new(self.make(package)));
        Arc::clone(hull)
    }

    fn make(&self, package: &Package) -> Hull {
        let control = control(apt::paragraph(package));
        let tree = tempfile::tempdir_in(self.folder.path()).unwrap();
        fs::create_dir(tree.path().join("DEBIAN")).unwrap();
        fs::write(tree.path().join("DEBIAN/control"), &control).unwrap();
        // The name that apt looks for among what it has fetched.
        let version = package.version.to_string().replace(':', "%3a");
        let name = format!("{}_{version}_{}.deb", package.name, package.arch);
        let path = self.folder.path().join(&name);
        let mut dpkg = Command::new("dpkg-deb");
        dpkg.args(["--root-owner-group", "-Znone", "--build"]).arg(tree.path()).arg(&path);
        succeed(&mut dpkg);
        let bytes = fs::read(&path).unwrap();
        let (size, sha256) = (bytes.len(), bundles::sha256(&bytes));
        let place = format!("Filename: ./{name}\nSize: {size}\nSHA256: {}\n", sha256.hex());
        Hull { path, paragraph: format!("{control}{place}\n") }
    }

    /// Installs what is wanted on a host with this status file, where nothing else can be
    /// had than `closure`. Gives what is there afterwards.
    pub(crate) fn install<'a>(
        &self,
        status: &str,
        closure: impl Iterator<Item = &'a Package>,
        wanted: &[&str],
    ) -> Result<Installed, String> {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for name in FOLDERS {
            fs::create_dir_all(path(name)).unwrap();
        }
        let hulls: Vec<_> = closure.map(|package| self.hull(package)).collect();
        for hull in &hulls {
            let name = hull.path.file_name().unwrap();
            fs::hard_link(&hull.path, path("archives").join(name)).unwrap();
        }
        let index: String = hulls.iter().map(|hull| hull.paragraph.as_str()).collect();
        let shown = root.path().to_str().unwrap();
        fs::write(path("Packages"), index).unwrap();
        fs::write(path("sources.list"), format!("deb [trusted=yes] file:{shown} ./\n")).unwrap();
        fs::write(path("apt.conf"), SETTINGS.replace('@', shown)).unwrap();
        fs::write(path("var/lib/dpkg/status"), control(status)).unwrap();
        run(root.path(), &["update"])?;
        run(root.path(), &[&["--no-download", "--yes", "install"], wanted].concat())?;
        Ok(installed(&fs::read_to_string(path("var/lib/dpkg/status")).unwrap()))
    }
}

/// Paragraphs of an index without what only an index has.
fn control(paragraph: &str) -> String {
    let is_control = |line: &&str| !OF_THE_INDEX.iter().any(|field| line.starts_with(field));
    paragraph.lines().filter(is_control).flat_map(|line| [line, "\n"]).collect()
}

/// Runs apt in a network that has nothing.
fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("unshare");
    command.args(["--net", "apt-get", "-q"]).args(arguments);
    command.env("APT_CONFIG", root.join("apt.conf")).env("LC_ALL", "C");
    let done = command.env("DEBIAN_FRONTEND", "noninteractive").output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&said).into_owned()),
    }
}

/// What a status file says is installed.
pub(crate) fn installed(status: &str) -> Installed {
    let field = |paragraph: &str, name: &str| {
        let value = paragraph.lines().find_map(|line| line.strip_prefix(name));
        value.map(str::to_owned).unwrap_or_default()
    };
    let paragraphs =
        status.split("\n\n").filter(|one| field(one, "Status: ") == "install ok installed");
    paragraphs.map(|one| (field(one, "Package: "), field(one, "Version: "))).collect()
}
