//! What is carried: a real bundle or its volumes, in a folder of their own, and the
//! same of a later release.

use super::hurt::Hurt;
use bundles::{Acceptance, Bundle, BundleManifest, Gaps, PublicKey, Trust};
use journeys::{fixtures::Options, office::Office, run::Sandbox};
use manifests::Digest;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Where the medium is, in the sandbox.
pub(crate) const FOLDER: &str = "medium";

/// How a bundle is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Bundle,
    Volumes,
    /// Volumes with two parity volumes beside them.
    Parity,
}

/// A name and bytes.
pub(crate) type Part = (String, Vec<u8>);

/// Two releases as they left the builder, made once for all tests.
struct Made {
    key: String,
    bundles: [Part; 2],
    volumes: [Vec<Part>; 2],
    parity: [Vec<Part>; 2],
    intact: Intact,
}

/// What is in the intact bundle.
pub(crate) struct Intact {
    pub(crate) manifest: BundleManifest,
    /// Where the payload begins.
    pub(crate) start: usize,
    pub(crate) blobs: HashMap<Digest, Vec<u8>>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let office = Office::with(&Options { size_mib: 40, ..Options::default() });
    // Bills of materials take the builder long and are files like others.
    let first = office.release("first", |text| text.replace("sbom: [cyclonedx, spdx]\n", ""));
    let second = office.release("second", |text| {
        let later = text.replace("version: 1.0.0", "version: 1.1.0");
        later.replace("serial: 1\n", "serial: 2\n")
    });
    let bundles = [first, second].map(|name| (name.clone(), office.read(&name)));
    let carried =
        |kind: &str| ["first", "second"].map(|name| parts(&office.path(&format!("{name}-{kind}"))));
    let (volumes, parity) = (carried("volumes"), carried("parity"));
    let key = String::from_utf8(office.read("release.pub")).unwrap();
    let intact = Intact::of(&office.path(&bundles[0].0), &key);
    Made { key, bundles, volumes, parity, intact }
});

/// Makes releases.
trait Releases {
    fn release(&self, name: &str, change: impl FnOnce(String) -> String) -> String;
}

impl Releases for Office {
    /// Locks, builds and splits a changed release; gives the name of its bundle.
    fn release(&self, name: &str, change: impl FnOnce(String) -> String) -> String {
        let text = fs::read_to_string(&self.demo.release).unwrap();
        fs::write(&self.demo.release, change(text)).unwrap();
        let bundle = format!("{name}.bundle");
        self.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
        let build = "build releases/demo.lock --mirrors mirrors.yaml --key release.key";
        self.builder(&format!("{build} -o {bundle}"));
        let split = format!("split {bundle} --volume-size 5MiB");
        self.builder(&format!("{split} -o {name}-volumes"));
        self.builder(&format!("{split} --parity 2 -o {name}-parity"));
        bundle
    }
}

impl Intact {
    fn of(path: &Path, key: &str) -> Self {
        let bundle = Bundle::open(path, Acceptance::Trusted(&trust(key))).unwrap();
        let manifest = bundle.manifest().clone();
        let bytes = |digest: &Digest| bundle.bytes(digest, u64::MAX).unwrap();
        let digests = manifest.blobs.iter().map(|blob| blob.digest.clone());
        let blobs = digests.map(|digest| (digest.clone(), bytes(&digest))).collect();
        let start = usize::try_from(bundle.file_size() - manifest.payload_size).unwrap();
        Self { manifest, start, blobs }
    }
}

fn trust(key: &str) -> Trust {
    Trust::new(vec![PublicKey::parse(key).unwrap()], 1)
}

/// The files of a folder, sorted by name.
fn parts(folder: &Path) -> Vec<Part> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let part = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    let mut parts: Vec<_> = entries.map(part).collect();
    parts.sort();
    parts
}

/// A medium in a sandbox, intact or hurt.
pub(crate) struct Medium {
    pub(crate) sandbox: Sandbox,
    pub(crate) shape: Shape,
    /// Every file as it should be.
    pub(crate) parts: &'static [Part],
    /// The same of the later release.
    pub(crate) others: &'static [Part],
    pub(crate) intact: &'static Intact,
    hurt: Vec<PathBuf>,
}

impl Medium {
    pub(crate) fn of(shape: Shape) -> Self {
        let mut sandbox = Sandbox::new().unwrap();
        let made = &*MADE;
        fs::write(sandbox.path("release.pub"), &made.key).unwrap();
        for folder in [FOLDER, "tmp"] {
            fs::create_dir(sandbox.path(folder)).unwrap();
        }
        for (variable, folder) in
            [("TMPDIR", "tmp"), ("BOTTARI_CACHE", "cache"), ("BOTTARI_STATE_DIR", "state")]
        {
            let folder = sandbox.path(folder);
            sandbox.set(variable, folder.to_str().unwrap());
        }
        let [parts, others] = match shape {
            Shape::Bundle => made.bundles.each_ref().map(std::slice::from_ref),
            Shape::Volumes => made.volumes.each_ref().map(Vec::as_slice),
            Shape::Parity => made.parity.each_ref().map(Vec::as_slice),
        };
        let medium = Self { sandbox, shape, parts, others, intact: &made.intact, hurt: Vec::new() };
        for (name, bytes) in parts {
            fs::write(medium.path(name), bytes).unwrap();
        }
        medium
    }

    /// A file of the medium.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(FOLDER).join(name)
    }

    /// Hurts it.
    pub(crate) fn take(&mut self, hurt: &Hurt) {
        for (at, bytes) in &hurt.files {
            fs::write(self.path(&self.parts[*at].0), bytes).unwrap();
        }
        for (name, bytes) in &hurt.added {
            fs::write(self.path(name), bytes).unwrap();
        }
        for at in &hurt.gone {
            fs::remove_file(self.path(&self.parts[*at].0)).unwrap();
        }
        let changed = hurt.files.iter().map(|(at, _)| at).chain(&hurt.gone);
        let changed = changed.map(|at| &self.parts[*at].0);
        let names = changed.chain(hurt.added.iter().map(|(name, _)| name));
        self.hurt = names.map(|name| self.path(name)).collect();
    }

    /// Makes it whole again, after a look that nothing else has changed.
    pub(crate) fn heal(&mut self) {
        self.holds_nothing_else();
        for path in std::mem::take(&mut self.hurt) {
            let name = path.file_name().unwrap().to_str().unwrap();
            match self.parts.iter().find(|(part, _)| part == name) {
                Some((_, bytes)) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
        }
    }

    /// Fails when a file is there that was not put there, or one in a folder for
    /// temporary files.
    pub(crate) fn holds_nothing_else(&self) {
        let names = |folder: &str| {
            let entries = fs::read_dir(self.sandbox.path(folder)).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        };
        let known = |path: &PathBuf| {
            self.hurt.contains(path)
                || self.parts.iter().any(|(name, _)| path.file_name().unwrap() == name.as_str())
        };
        let left: Vec<_> = names(FOLDER).into_iter().filter(|path| !known(path)).collect();
        assert!(left.is_empty(), "left on the medium: {left:?}");
        assert!(names("tmp").is_empty(), "left behind: {:?}", names("tmp"));
    }

    /// What a command names: the bundle, or the folder with its volumes.
    pub(crate) fn named(&self) -> PathBuf {
        match self.shape {
            Shape::Bundle => Path::new(FOLDER).join(&self.parts[0].0),
            Shape::Volumes | Shape::Parity => FOLDER.into(),
        }
    }

    /// Opens what is there as an installer does that wants to know everything.
    pub(crate) fn open(&self) -> Result<Bundle, bundles::BundleError> {
        let trust = trust(&MADE.key);
        let path = self.sandbox.path(self.named().to_str().unwrap());
        Bundle::open_one(&[path], Acceptance::Trusted(&trust), Gaps::Tell)
    }
}
