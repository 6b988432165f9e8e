//! The whole of K-PaaS 1.7.0 for both architectures, from the lock to the last
//! image that is pulled, on an upstream that knows nothing of the definitions. The
//! release is the real one; a test's overlay takes the digests away that made-up
//! bytes cannot have.

mod complete;
mod deleted;
mod places;
mod profiles;
mod reported;
mod served;

use journeys::{
    platform::Platform,
    run::{Outcome, Program, Sandbox},
    stock,
    upstream::Upstream,
};
use manifests::lockfile::Lockfile;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Once,
};

static TOLD: Once = Once::new();

/// An office that can reach everything K-PaaS is made of.
pub(crate) struct Works {
    pub(crate) sandbox: Sandbox,
    /// It answers as long as somebody holds it.
    _upstream: Upstream,
    pub(crate) platform: Platform,
}

impl Works {
    pub(crate) fn open() -> Self {
        TOLD.call_once(|| {
            if !Platform::has_known_manifests() {
                stock::skipped("upstream's own manifests are not here, made-up ones stand in");
            }
        });
        let mut sandbox = Sandbox::new().unwrap();
        sandbox.set("BOTTARI_CACHE", "cache");
        let (upstream, platform) = (Upstream::start().unwrap(), Platform::kpaas().unwrap());
        platform.publish(&upstream).unwrap();
        fs::write(sandbox.path("mirrors.yaml"), platform.mirrors(&upstream)).unwrap();
        Self { sandbox, _upstream: upstream, platform }
    }

    /// Locks the release with these choices of profiles into `NAME.lock`.
    pub(crate) fn lock(&self, name: &str, choices: &[&str]) -> Lockfile {
        self.lock_release(Platform::release().to_str().unwrap(), name, choices)
    }

    /// The same with another copy of the release.
    pub(crate) fn lock_release(&self, release: &str, name: &str, choices: &[&str]) -> Lockfile {
        self.lock_overlaid(release, Platform::overlay().to_str().unwrap(), name, choices)
    }

    /// The same with another copy of the overlay, too.
    pub(crate) fn lock_overlaid(
        &self,
        release: &str,
        overlay: &str,
        name: &str,
        choices: &[&str],
    ) -> Lockfile {
        let output = format!("{name}.lock");
        let mut words = vec!["-q", "lock", release, "--overlay", overlay];
        words.extend(["--mirrors", "mirrors.yaml", "-o", &output]);
        words.extend(choices);
        self.builder(&words);
        self.read(&output)
    }

    /// Locks everything there is and builds it into `kpaas.bundle`, which is signed.
    pub(crate) fn bundle(&self) -> Lockfile {
        let lockfile = self.lock("kpaas", &["--all-profiles"]);
        self.builder(&["key", "generate", "-o", "release.key", "--no-password"]);
        let build = ["build", "kpaas.lock", "--mirrors", "mirrors.yaml", "--key", "release.key"];
        self.builder(&[&build[..], &["-q", "-o", "kpaas.bundle"]].concat());
        lockfile
    }

    /// The folder with a copy of all releases, definitions and rules.
    pub(crate) fn copy_of_the_data(&self) -> PathBuf {
        let (release, copy) = (Platform::release(), self.sandbox.path("data"));
        let data = release.ancestors().nth(2).unwrap();
        for part in ["components", "releases", "rules"] {
            copy_folder(&data.join(part), &copy.join(part));
        }
        copy
    }

    /// Runs the builder, which must succeed; a release may come with warnings.
    pub(crate) fn builder(&self, words: &[&str]) -> Outcome {
        let outcome = self.sandbox.run(Program::Builder, words);
        let is_done = matches!(outcome.code, Some(0 | 10));
        assert!(is_done, "{words:?}: {}", outcome.stderr);
        outcome
    }

    /// What `check` says of a lockfile that it must refuse.
    pub(crate) fn refused(&self, name: &str, lockfile: &Lockfile) -> String {
        let file = self.write(name, lockfile);
        let outcome = self.sandbox.run(Program::Builder, &["-q", "check", &file, "--offline"]);
        assert_eq!(outcome.code, Some(20), "{name}: {}", outcome.stderr);
        outcome.stderr
    }

    /// Writes a changed copy of a lockfile.
    pub(crate) fn write(&self, name: &str, lockfile: &Lockfile) -> String {
        let file = format!("{name}.lock");
        fs::write(self.sandbox.path(&file), lockfile.render()).unwrap();
        file
    }

    pub(crate) fn read(&self, file: &str) -> Lockfile {
        let text = fs::read_to_string(self.sandbox.path(file)).unwrap();
        Lockfile::parse(Path::new(file), &text).unwrap()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy_folder(&path, &to),
            false => drop(fs::copy(&path, &to).unwrap()),
        }
    }
}
