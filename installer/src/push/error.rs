//! Why a push does not come to its end, and what to do then.

use super::login::LoginFileError;
use bundles::BundleError;
use manifests::{Digest, ExitCode, Failure};
use rustls::pki_types::pem;
use std::{io, path::PathBuf};

/// Why not everything is in the registry.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The bundle's bytes cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Indexes whose children the bundle leaves out.
    #[error(
        "the bundle leaves out parts of {}, and registries refuse such an index: {examples}",
        indexes(*count)
    )]
    Sparse {
        /// How many.
        count: usize,
        /// A few of them, with what is left out.
        examples: String,
    },
    /// A manifest names a blob that is not there.
    #[error("`{name}` needs blob {digest}, which the bundle does not carry")]
    Incomplete {
        /// The name.
        name: String,
        /// The blob.
        digest: Digest,
    },
    /// A manifest that cannot be read.
    #[error("manifest {digest} of `{name}` cannot be read")]
    Manifest {
        /// The name it belongs to.
        name: String,
        /// The manifest.
        digest: Digest,
        /// Why.
        source: serde_json::Error,
    },
    /// A name that no registry would take.
    #[error("`{name}` cannot be a name below `{target}`")]
    Name {
        /// The name in the bundle.
        name: String,
        /// Registry and prefix.
        target: String,
    },
    /// The CA file.
    #[error("cannot read the certificates of a CA from `{path}`")]
    Ca {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The logins.
    #[error(transparent)]
    Login(#[from] LoginFileError),
    /// A password would be readable on the way.
    #[error("`{host}` wants a password, and plain HTTP would show it to everybody on the way")]
    PasswordInTheOpen {
        /// Who wants it.
        host: String,
    },
    /// A token would be readable on the way.
    #[error("`{host}` wants a token, and plain HTTP would show it to everybody on the way")]
    TokenInTheOpen {
        /// Who wants it.
        host: String,
    },
    /// The registry's tokens come from a host that nobody named.
    #[error("`{registry}` wants tokens of `{realm}`, which is not named on the command line")]
    TokenHost {
        /// The registry.
        registry: String,
        /// Host and port of the token service.
        realm: String,
    },
    /// Nobody answers.
    #[error("cannot reach `{host}`")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// A certificate by somebody we do not know.
    #[error("the certificate of `{host}` is by `{issuer}`, which is not among the CAs of {known}")]
    UnknownCa {
        /// Host and port.
        host: String,
        /// Who signed it.
        issuer: String,
        /// Where the CAs that count are from.
        known: String,
    },
    /// A certificate for another host.
    #[error("the certificate of `{host}` is for {names}")]
    OtherHost {
        /// Host and port.
        host: String,
        /// The names it is for.
        names: String,
    },
    /// A certificate that cannot be used.
    #[error("the certificate of `{host}` cannot be accepted")]
    Certificate {
        /// Host and port.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// No TLS comes about.
    #[error("no TLS connection to `{host}` comes about")]
    Tls {
        /// Host and port.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// The line broke, or the registry said nothing for too long.
    #[error("the connection to `{host}` broke")]
    Broken {
        /// Host and port.
        host: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something else listens there.
    #[error("`{host}` is no registry: expected status 200 or 401 for `/v2/`, found {status}")]
    NoRegistry {
        /// Host and port.
        host: String,
        /// What came instead.
        status: u16,
    },
    /// No login where one is needed.
    #[error("`{host}` wants a login, and none was found{said}")]
    NoLogin {
        /// Host and port.
        host: String,
        /// What the registry said.
        said: Said,
    },
    /// A login that does not count.
    #[error("`{host}` does not accept the login of {who}{said}")]
    WrongLogin {
        /// Host and port.
        host: String,
        /// Whose it is.
        who: String,
        /// What the registry said.
        said: Said,
    },
    /// Not allowed to write.
    #[error("{who} may not write `{repository}` at `{host}`{said}")]
    Forbidden {
        /// Host and port.
        host: String,
        /// Who tried.
        who: String,
        /// The repository.
        repository: String,
        /// What the registry said.
        said: Said,
    },
    /// Nobody may write.
    #[error("`{host}` is read-only: it takes no `{method}`{said}")]
    ReadOnly {
        /// Host and port.
        host: String,
        /// What was tried.
        method: String,
        /// What the registry said.
        said: Said,
    },
    /// No room.
    #[error("`{host}` has no room for {what} (status {status}){said}")]
    Full {
        /// Host and port.
        host: String,
        /// What found none.
        what: String,
        /// The status.
        status: u16,
        /// What the registry said.
        said: Said,
    },
    /// There is nothing of that name to write into.
    #[error("`{host}` knows no place for `{repository}` (status {status}){said}")]
    NoPlace {
        /// Host and port.
        host: String,
        /// The repository.
        repository: String,
        /// The status.
        status: u16,
        /// What the registry said.
        said: Said,
    },
    /// Any other answer that is not what it should be.
    #[error("`{host}` does not take {what}: status {status}{said}")]
    Refused {
        /// Host and port.
        host: String,
        /// What was sent or asked.
        what: String,
        /// The status.
        status: u16,
        /// What the registry said.
        said: Said,
    },
    /// An answer without something that it must have.
    #[error("`{host}` answers {what} without {missing}")]
    Answer {
        /// Host and port.
        host: String,
        /// What was sent or asked.
        what: String,
        /// What is not there.
        missing: &'static str,
    },
    /// The registry did not keep what it had of a blob.
    #[error("`{host}` lost the upload of {what} (status {status}){said}")]
    Lost {
        /// Host and port.
        host: String,
        /// What was sent.
        what: String,
        /// The status.
        status: u16,
        /// What the registry said.
        said: Said,
    },
    /// The registry stored something else.
    #[error("`{host}` stored {what} as {found}; expected {expected}")]
    OtherDigest {
        /// Host and port.
        host: String,
        /// What was sent.
        what: String,
        /// Its digest.
        expected: Digest,
        /// What the registry says.
        found: String,
    },
    /// It failed too often without any progress.
    #[error("{what}: gave up after {attempts} attempts")]
    Exhausted {
        /// What was tried.
        what: String,
        /// How often.
        attempts: u32,
        /// The last failure.
        source: Box<PushError>,
    },
    /// The operator wants no more.
    #[error("interrupted")]
    Interrupted,
    /// The system gives no thread or signal.
    #[error("cannot start the push")]
    Start(#[source] io::Error),
}

fn indexes(count: usize) -> String {
    if count == 1 { "1 index".to_owned() } else { format!("{count} indexes") }
}

/// What a registry said about a refusal: `: ` and its words, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(pub(super) String);

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ": {}", self.0) }
    }
}

impl PushError {
    /// Whether trying the same again may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Broken { .. }
            | Self::Unreachable { .. }
            | Self::Answer { .. }
            | Self::Lost { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 416 | 429 | 500..=599),
            _ => false,
        }
    }
}

impl Failure for PushError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            Self::Sparse { .. }
            | Self::Name { .. }
            | Self::Ca { .. }
            | Self::Login(_)
            | Self::PasswordInTheOpen { .. }
            | Self::TokenInTheOpen { .. }
            | Self::TokenHost { .. } => ExitCode::Input,
            Self::Incomplete { .. } | Self::Manifest { .. } => ExitCode::Untrusted,
            Self::Exhausted { .. }
            | Self::Broken { .. }
            | Self::Answer { .. }
            | Self::Lost { .. } => ExitCode::Step,
            Self::Interrupted => ExitCode::Interrupted,
            _ => ExitCode::Host,
        }
    }

    fn hint(&self) -> Option<String> {
        const AGAIN: &str = "run the same command again: what is there is not sent twice";
        Some(match self {
            Self::Bundle(error) => return error.hint(),
            Self::Sparse { .. } => "`bottari-builder lock --all-platforms` and a new build carry every platform; `bottari-installer serve` needs none of them; a registry that takes such indexes gets them with `--sparse`".into(),
            Self::Name { .. } => "a shorter prefix may help: repositories have at most 255 of a-z, 0-9, `.`, `_`, `-` and `/`".into(),
            Self::Ca { .. } => "`--ca` wants certificates in PEM, as in `-----BEGIN CERTIFICATE-----`".into(),
            Self::Login(_) => "`podman login REGISTRY` writes a login; `--authfile FILE` names another file".into(),
            Self::PasswordInTheOpen { .. } | Self::TokenInTheOpen { .. } => "leave `--plain-http` away; or add `--login-over-http` where the line is yours alone".into(),
            Self::TokenHost { realm, .. } => format!("if `{realm}` is yours, add `--token-host {realm}`"),
            Self::Unreachable { .. } => "check name and port; the port goes behind the host, as in `registry:5000/prefix`, and is 443 without one, or 80 with `--plain-http`".into(),
            Self::UnknownCa { host, issuer, .. } => format!("get the certificate of `{issuer}` from whoever runs the registry and add `--ca FILE`; `openssl s_client -showcerts -connect {host}` shows what is sent"),
            Self::OtherHost { .. } => "name the registry as its certificate does".into(),
            Self::Certificate { host, .. } => format!("`openssl s_client -showcerts -connect {host}` shows it; whoever runs the registry has to renew or replace it"),
            Self::Tls { .. } => "a registry without TLS needs `--plain-http`".into(),
            Self::NoRegistry { .. } => "check host and port; a registry without TLS needs `--plain-http`, one with TLS must go without it".into(),
            Self::NoLogin { host, .. } | Self::WrongLogin { host, .. } => format!("`podman login {host}` or `docker login {host}` writes a login that is found here; `--authfile FILE` names another file"),
            Self::Forbidden { .. } => "ask whoever runs the registry for the right to push there, or choose another prefix".into(),
            Self::ReadOnly { .. } => "end the registry's maintenance or read-only mode, then run the same command again".into(),
            Self::Full { status: 413, .. } => "a proxy before the registry limits the size of a request: raise it (nginx: `client_max_body_size 0`), then run the same command again".into(),
            Self::Full { .. } => "raise the quota or free some space, then run the same command again: what is there is not sent twice".into(),
            Self::NoPlace { .. } => "check the prefix; in Harbor its first word is a project, which has to be made first".into(),
            Self::Exhausted { .. }
            | Self::Broken { .. }
            | Self::Interrupted
            | Self::Answer { .. }
            | Self::Lost { .. } => AGAIN.into(),
            Self::OtherDigest { .. } | Self::Refused { .. } => "look into the registry's log".into(),
            Self::Incomplete { .. } | Self::Manifest { .. } | Self::Start(_) => return None,
        })
    }
}
