//! Logins from where container tools keep them. The files may name a helper
//! program that knows the password; it is asked like those tools ask it.

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde_json::Value;
use std::{ffi::OsString, fmt, fs, io, path::PathBuf};

/// User and password; the password never shows in a message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Files that may hold a login, the most specific first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginFiles {
    files: Vec<PathBuf>,
    /// Whether the operator named the file: then it must be there.
    named: bool,
}

/// Why a login cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LoginFileError {
    /// The file the operator named.
    #[error("cannot read logins from `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A login is there and cannot be used.
    #[error("`{path}` holds no login for `{registry}` that can be used: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The registry.
        registry: String,
        /// What is wrong, without anything secret.
        why: String,
    },
}

impl LoginFiles {
    /// This file alone.
    pub fn named(file: PathBuf) -> Self {
        Self { files: vec![file], named: true }
    }

    /// `$REGISTRY_AUTH_FILE` alone when it is set; else what podman and then
    /// Docker wrote.
    pub fn usual(environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(file) = folder("REGISTRY_AUTH_FILE") {
            return Self::named(file);
        }
        let home = |name: &str| folder("HOME").map(|home| home.join(name));
        let places = [
            (folder("XDG_RUNTIME_DIR"), "containers/auth.json"),
            (folder("XDG_CONFIG_HOME").or_else(|| home(".config")), "containers/auth.json"),
            (folder("DOCKER_CONFIG").or_else(|| home(".docker")), "config.json"),
        ];
        let file = |(folder, name): (Option<PathBuf>, &str)| folder.map(|folder| folder.join(name));
        Self { files: places.into_iter().filter_map(file).collect(), named: false }
    }

    /// How to log in at a registry to write below `path`. May run a helper.
    pub(crate) fn find(&self, registry: &str, path: &str) -> Result<Option<Login>, LoginFileError> {
        for file in &self.files {
            let text = match fs::read(file) {
                Ok(text) => text,
                Err(source) if self.named => {
                    return Err(LoginFileError::Read { path: file.clone(), source });
                }
                // One that is absent or not ours to read holds nothing for us.
                Err(_) => continue,
            };
            let wrong = |why: String| LoginFileError::Content {
                path: file.clone(),
                registry: registry.to_owned(),
                why,
            };
            if let Some(login) = read(&text, registry, path).map_err(wrong)? {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

fn read(text: &[u8], registry: &str, path: &str) -> Result<Option<Login>, String> {
    match get_credential_from_reader(text, &key(text, registry, path)) {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(Some(Login { user, password }))
        }
        Ok(DockerCredential::IdentityToken(_)) => {
            Err("expected user and password, found an identity token".to_owned())
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. })
            if stdout.contains("credentials not found") =>
        {
            Ok(None)
        }
        // Not what a helper said: it may hold the secret.
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(format!("`{helper}` failed"))
        }
        Err(CredentialRetrievalError::HelperCommunicationError) => {
            Err("its credential helper cannot be run".to_owned())
        }
        Err(other) => Err(other.to_string().to_lowercase()),
    }
}

/// The longest key that leads to the path: podman keeps logins below a path too.
/// Some tools write the registry with a scheme.
fn key(text: &[u8], registry: &str, path: &str) -> String {
    let file: Value = serde_json::from_slice(text).unwrap_or_default();
    let known = |key: &String| file["auths"].get(key).is_some();
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut keys: Vec<String> =
        ends.filter(|end| *end > 0).map(|end| format!("{registry}/{}", &path[..end])).collect();
    keys.reverse();
    keys.push(registry.to_owned());
    keys.extend(["https://", "http://"].map(|scheme| format!("{scheme}{registry}")));
    keys.into_iter().find(known).unwrap_or_else(|| registry.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    // "me:pw" and "us:pw"
    const TEXT: &str = r#"{"auths": {"a.site:5000": {"auth": "bWU6cHc="},
        "a.site:5000/team": {"auth": "dXM6cHc="}, "https://b.site": {"auth": "bWU6cHc="}}}"#;

    fn user(registry: &str, path: &str) -> Option<String> {
        read(TEXT.as_bytes(), registry, path).unwrap().map(|login| login.user)
    }

    #[test]
    fn the_login_of_the_longest_path_counts() {
        assert_eq!(user("a.site:5000", "k8s").as_deref(), Some("me"));
        assert_eq!(user("a.site:5000", "").as_deref(), Some("me"));
        assert_eq!(user("a.site:5000", "team/k8s").as_deref(), Some("us"));
        assert_eq!(user("a.site:5000", "team").as_deref(), Some("us"));
        assert_eq!(user("b.site", "team").as_deref(), Some("me"));
        assert_eq!(user("c.site", "team"), None);
    }

    #[test]
    fn the_usual_places_are_looked_at_in_order() {
        let environment = |name: &str| match name {
            "HOME" => Some("/h".into()),
            "XDG_RUNTIME_DIR" => Some("/r".into()),
            _ => None,
        };
        let expected = [
            "/r/containers/auth.json",
            "/h/.config/containers/auth.json",
            "/h/.docker/config.json",
        ];
        assert_eq!(LoginFiles::usual(environment).files, expected.map(PathBuf::from));
        let named = LoginFiles::usual(|name| (name == "REGISTRY_AUTH_FILE").then(|| "/f".into()));
        assert_eq!(named, LoginFiles::named("/f".into()));
    }

    #[test]
    fn a_file_that_was_named_must_be_there_and_a_broken_one_is_told() {
        let missing = LoginFiles::named("/nowhere/auth.json".into()).find("a", "").unwrap_err();
        assert!(
            matches!(missing, LoginFileError::Read { path, .. } if path.starts_with(Path::new("/nowhere")))
        );
        assert!(read(b"{", "a.site", "").unwrap_err().contains("unable to read config"));
        let helper = r#"{"credsStore": "bottari-test-that-does-not-exist"}"#;
        assert!(read(helper.as_bytes(), "a.site", "").unwrap_err().contains("cannot be run"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let login = Login { user: "me".into(), password: "secret".into() };
        assert!(!format!("{login:?}").contains("secret"));
    }
}
