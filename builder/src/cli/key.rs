//! `key generate` and `key show`.

use super::Ended;
use crate::{
    apt::{self, AptError, AptKey},
    keys::{self, KeyError, SigningKey},
};
use bundles::PublicKey;
use clap::{Args, Subcommand};
use console::Console;
use manifests::{ExitCode, lockfile::Lockfile};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Make a signing key, or look at one.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    Generate(Generate),
    Show(Show),
}

/// Make a key pair: NAME.key stays here, NAME.pub and its fingerprint go to
/// every site. With `--apt` a key for OS packages: its public half, NAME.asc, goes
/// into every bundle by itself.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// The secret key's file [default: release.key, or apt.key]
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Make an OpenPGP key, which signs the repositories of OS packages.
    #[arg(long)]
    apt: bool,
    #[command(flatten)]
    password: Password,
    /// Do not protect the key with a password.
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
}

/// Print the fingerprint of a public or secret key.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The key's file.
    key: PathBuf,
    #[command(flatten)]
    password: Password,
}

/// The key for repositories of OS packages, where a bundle carries them.
#[derive(Debug, Args)]
pub(super) struct AptKeyArgument {
    /// Sign the repositories of OS packages with this key, made by `key generate
    /// --apt`.
    #[arg(long, value_name = "KEY")]
    apt_key: Option<PathBuf>,
    /// Read the password of that key from the first line of this file instead of
    /// asking.
    #[arg(long, value_name = "FILE", env = "BOTTARI_APT_KEY_PASSWORD_FILE")]
    apt_key_password_file: Option<PathBuf>,
}

impl AptKeyArgument {
    /// Loads the key where a lockfile needs one, asking for its password when it has
    /// one, and checks that hosts will believe it.
    pub(super) fn load(
        &self,
        lockfile: &Lockfile,
        console: &Console,
    ) -> Result<Option<AptKey>, AptError> {
        let systems: BTreeSet<_> = lockfile.systems.iter().map(|one| one.system.as_str()).collect();
        match (&self.apt_key, systems.is_empty()) {
            (None, true) => Ok(None),
            (Some(_), true) => {
                console.warn("the lockfile has no OS packages: the bundle carries none, and the key of `--apt-key` is not used");
                Ok(None)
            }
            (None, false) => {
                let systems = systems.into_iter().collect::<Vec<_>>().join(", ");
                Err(KeyError::NoAptKey { systems }.into())
            }
            (Some(key), false) => {
                let password = Password { password_file: self.apt_key_password_file.clone() };
                let key = AptKey::load(key, || password.ask(key, console))?;
                apt::check_key(lockfile, &key)?;
                Ok(Some(key))
            }
        }
    }
}

/// Where the password of a secret key comes from.
#[derive(Debug, Args)]
pub(super) struct Password {
    /// Read the key's password from the first line of this file instead of
    /// asking.
    #[arg(long, value_name = "FILE", env = "BOTTARI_KEY_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// Loads a key, asking for its password when it has one.
    pub(super) fn load(&self, key: &Path, console: &Console) -> Result<SigningKey, KeyError> {
        SigningKey::load(key, || self.ask(key, console))
    }

    fn ask(&self, key: &Path, console: &Console) -> io::Result<String> {
        match &self.password_file {
            Some(file) => first_line(file),
            None => console.ask_secret(&format!("Password of {}:", key.display())),
        }
    }

    /// A new password, typed twice, or `None` when it is left empty.
    fn choose(&self, key: &Path, console: &Console) -> Result<Option<String>, KeyError> {
        let asked = |source| KeyError::Password { path: key.to_owned(), source };
        if let Some(file) = &self.password_file {
            return first_line(file).map(Some).map_err(asked);
        }
        let password = console.ask_secret("New password (empty for none):").map_err(asked)?;
        let again = console.ask_secret("The same again:").map_err(asked)?;
        match password == again {
            true => Ok(Some(password).filter(|password| !password.is_empty())),
            false => Err(KeyError::Typed),
        }
    }
}

fn first_line(file: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(file)?.lines().next().unwrap_or_default().to_owned())
}

impl Key {
    pub(super) fn run(self, console: &Console) -> Ended {
        match self {
            Self::Generate(verb) => verb.run(console),
            Self::Show(verb) => verb.run(console),
        }
    }
}

impl Generate {
    fn run(self, console: &Console) -> Ended {
        let default = if self.apt { "apt.key" } else { "release.key" };
        let output = self.output.clone().unwrap_or_else(|| default.into());
        let password = match self.no_password {
            true => None,
            false => self.password.choose(&output, console)?,
        };
        match self.apt {
            true => generate_apt(&output, password, console),
            false => generate(&output, password, console),
        }
    }
}

fn generate(output: &Path, password: Option<String>, console: &Console) -> Ended {
    let (public_path, public) = keys::generate(output, password)?;
    console.success(&format!("wrote {} and {}", output.display(), public_path.display()));
    tell(&public, console);
    console.note(
        "print the fingerprint on paper: it is what a site compares before it trusts the key",
    );
    Ok(ExitCode::Done)
}

fn generate_apt(output: &Path, password: Option<String>, console: &Console) -> Ended {
    let (public_path, print) = apt::generate(output, password)?;
    let (secret, public) = (output.display(), public_path.display());
    console.success(&format!("wrote {secret} and {public}"));
    tell_apt(&print, console);
    console.note(&format!("sign OS packages with `bottari-builder build --apt-key {secret}`; {public} goes into the bundle by itself"));
    Ok(ExitCode::Done)
}

impl Show {
    fn run(self, console: &Console) -> Ended {
        let file = |source| KeyError::File { path: self.key.clone(), source };
        if keys::is_openpgp(&fs::read_to_string(&self.key).map_err(file)?) {
            tell_apt(&apt::show(&self.key)?, console);
            return Ok(ExitCode::Done);
        }
        let ask = || self.password.ask(&self.key, console);
        let public = keys::show(&self.key, ask)?;
        tell(&public, console);
        Ok(ExitCode::Done)
    }
}

/// An OpenPGP key has no id of its own: it is the end of the fingerprint.
fn tell_apt(fingerprint: &str, console: &Console) {
    if console.wants_json() {
        console.json(&serde_json::json!({ "kind": "openpgp", "fingerprint": fingerprint }));
    } else {
        console
            .data(&format!("kind         OpenPGP, for OS packages\nfingerprint  {fingerprint}\n"));
    }
}

fn tell(public: &PublicKey, console: &Console) {
    let (id, fingerprint) = (public.id().to_string(), public.fingerprint().to_string());
    if console.wants_json() {
        let key = public.render().lines().nth(1).unwrap_or_default().to_owned();
        console
            .json(&serde_json::json!({ "id": id, "fingerprint": fingerprint, "public-key": key }));
    } else {
        console.data(&format!("key id       {id}\nfingerprint  {fingerprint}\n"));
    }
}
