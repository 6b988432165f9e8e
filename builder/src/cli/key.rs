//! `key generate` and `key show`.

use super::Ended;
use crate::keys::{self, KeyError, SigningKey};
use bundles::PublicKey;
use clap::{Args, Subcommand};
use console::Console;
use manifests::ExitCode;
use std::{
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
/// every site.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// The secret key's file.
    #[arg(short, long, default_value = "release.key")]
    output: PathBuf,
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
        let password = match self.no_password {
            true => None,
            false => self.password.choose(&self.output, console)?,
        };
        let (public_path, public) = keys::generate(&self.output, password)?;
        console.success(&format!("wrote {} and {}", self.output.display(), public_path.display()));
        tell(&public, console);
        console.note(
            "print the fingerprint on paper: it is what a site compares before it trusts the key",
        );
        Ok(ExitCode::Done)
    }
}

impl Show {
    fn run(self, console: &Console) -> Ended {
        let ask = || self.password.ask(&self.key, console);
        let public = keys::show(&self.key, ask)?;
        tell(&public, console);
        Ok(ExitCode::Done)
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
