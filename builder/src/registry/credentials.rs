//! Credentials for registries, from where container tools keep them.

use crate::{environment::Environment, http::HttpError};
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;
use serde_json::Value;
use std::{fs, path::PathBuf};

/// What Docker calls its hub in its configuration.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// The files that may hold credentials, most specific first.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    files: Vec<PathBuf>,
}

impl Credentials {
    /// `$REGISTRY_AUTH_FILE` alone when it is set; else what podman and then
    /// Docker wrote: `containers/auth.json` and `~/.docker/config.json`.
    pub fn from_environment(environment: &Environment) -> Self {
        if let Some(file) = environment.path("REGISTRY_AUTH_FILE") {
            return Self { files: vec![file] };
        }
        let below = |folder: Option<PathBuf>, name: &str| folder.map(|folder| folder.join(name));
        let config = environment.path("XDG_CONFIG_HOME").or_else(|| environment.home(".config"));
        let docker = environment.path("DOCKER_CONFIG").or_else(|| environment.home(".docker"));
        let files = [
            below(environment.path("XDG_RUNTIME_DIR"), "containers/auth.json"),
            below(config, "containers/auth.json"),
            below(docker, "config.json"),
        ];
        Self { files: files.into_iter().flatten().collect() }
    }

    /// How to log in at a registry to read this repository. May run a
    /// credential helper: blocking.
    pub(super) fn find(&self, host: &str, repository: &str) -> Result<RegistryAuth, HttpError> {
        for path in &self.files {
            // A file that is absent or not ours to read holds nothing for us.
            let Ok(text) = fs::read(path) else { continue };
            match get_credential_from_reader(&*text, &key(&text, host, repository)) {
                Ok(credential) => return authentication(host, credential),
                Err(CredentialRetrievalError::NoCredentialConfigured) => {}
                Err(error) if is_empty_answer(&error) => {}
                Err(error) => return Err(unreadable(host, &path.display(), &error)),
            }
        }
        Ok(RegistryAuth::Anonymous)
    }
}

/// Under which key of a file the login is: podman also keeps logins for one
/// repository or for all below a path, and the longest one counts.
fn key(text: &[u8], host: &str, repository: &str) -> String {
    let place = if host == "registry-1.docker.io" { "docker.io" } else { host };
    let file: Value = serde_json::from_slice(text).unwrap_or_default();
    let mut path = repository;
    while !path.is_empty() {
        let key = format!("{place}/{path}");
        if file["auths"].get(&key).is_some() {
            return key;
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    if place == host { host.to_owned() } else { DOCKER_HUB_KEY.to_owned() }
}

fn authentication(host: &str, credential: DockerCredential) -> Result<RegistryAuth, HttpError> {
    match credential {
        DockerCredential::UsernamePassword(user, password) => {
            Ok(RegistryAuth::Basic(user, password))
        }
        DockerCredential::IdentityToken(_) => Err(HttpError::Credentials {
            host: host.to_owned(),
            why: "expected user and password or an access token, found an identity token".into(),
        }),
    }
}

/// Helpers fail with this text when they simply know nothing of a registry.
fn is_empty_answer(error: &CredentialRetrievalError) -> bool {
    matches!(error, CredentialRetrievalError::HelperFailure { stdout, .. }
        if stdout.contains("credentials not found"))
}

fn unreadable(
    host: &str,
    path: &std::path::Display<'_>,
    error: &CredentialRetrievalError,
) -> HttpError {
    // Not the helper's own output: it may hold the secret.
    let why = match error {
        CredentialRetrievalError::HelperFailure { helper, .. } => format!("`{helper}` failed"),
        CredentialRetrievalError::HelperCommunicationError => {
            "the credential helper cannot be run".to_owned()
        }
        other => other.to_string().to_lowercase(),
    };
    HttpError::Credentials { host: host.to_owned(), why: format!("`{path}`: {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, host: &str) -> Result<RegistryAuth, HttpError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth.json");
        std::fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let environment = Environment::of([("REGISTRY_AUTH_FILE", path), ("HOME", "/nowhere")]);
        Credentials::from_environment(&environment).find(host, "team/app")
    }

    // "me:pw"
    const TEXT: &str = r#"{"auths": {"a.example:5000": {"auth": "bWU6cHc="},
        "https://index.docker.io/v1/": {"auth": "bWU6cHc="}}}"#;

    #[test]
    fn a_login_is_found_by_host_and_port() {
        let login = RegistryAuth::Basic("me".into(), "pw".into());
        assert_eq!(found(TEXT, "a.example:5000").unwrap(), login);
        assert_eq!(found(TEXT, "registry-1.docker.io").unwrap(), login);
        assert_eq!(found(TEXT, "b.example").unwrap(), RegistryAuth::Anonymous);
    }

    #[test]
    fn a_login_for_a_path_counts_before_that_of_its_registry() {
        // "us:pw", "me:pw", "hub:pw"
        let text = r#"{"auths": {"a.example/team": {"auth": "dXM6cHc="},
            "a.example": {"auth": "bWU6cHc="}, "docker.io/team/app": {"auth": "aHViOnB3"},
            "b.example/team/other": {"auth": "bWU6cHc="}}}"#;
        let user = |host| match found(text, host).unwrap() {
            RegistryAuth::Basic(user, _) => user,
            _ => "nobody".into(),
        };
        assert_eq!(user("a.example"), "us");
        assert_eq!(user("registry-1.docker.io"), "hub");
        assert_eq!(user("b.example"), "nobody");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_not_an_anonymous_try() {
        let error = found("{", "a.example").unwrap_err().to_string();
        assert!(error.contains("unable to read config"), "{error}");
        let helper = r#"{"credsStore": "bottari-test-that-does-not-exist"}"#;
        let error = found(helper, "a.example").unwrap_err().to_string();
        assert!(error.contains("cannot be run"), "{error}");
    }

    #[test]
    fn the_usual_places_are_looked_at_in_order() {
        let environment = Environment::of([("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")]);
        let files = Credentials::from_environment(&environment).files;
        let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        assert_eq!(
            files,
            [
                "/r/containers/auth.json",
                "/h/.config/containers/auth.json",
                "/h/.docker/config.json"
            ]
        );
    }
}
