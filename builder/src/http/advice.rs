//! How a run ends after a failed request, and what to do next.

use super::HttpError;
use manifests::{ExitCode, Failure};

impl Failure for HttpError {
    fn exit_code(&self) -> ExitCode {
        match self.root() {
            Self::Cache(error) => error.exit_code(),
            Self::Proxy { .. } | Self::Credentials { .. } => ExitCode::Input,
            Self::Setup { .. } => ExitCode::Bug,
            _ => ExitCode::Source,
        }
    }

    fn hint(&self) -> Option<String> {
        match self.root() {
            Self::Lookup { proxy, .. } => Some(unreachable_hint(
                *proxy,
                "check the name and DNS, set HTTPS_PROXY, or map the source with --mirrors FILE",
            )),
            Self::Connect { proxy, .. } => Some(unreachable_hint(
                *proxy,
                "check the network, set HTTPS_PROXY, or map the source with --mirrors FILE",
            )),
            Self::Proxy { variable, .. } => {
                Some(format!("set {variable} to a URL such as http://proxy.example:3128"))
            }
            Self::Certificate { .. } => Some(
                "set SSL_CERT_FILE to a file that holds the certificate authority of your proxy or mirror".into(),
            ),
            Self::Refused { status: 407, .. } => {
                Some("put user and password into the proxy variable: http://user:password@proxy.example:3128".into())
            }
            Self::Refused { host, .. } | Self::Token { host, .. } => Some(format!(
                "log in with `podman login {host}` or `docker login {host}`, or set REGISTRY_AUTH_FILE; for plain files add `machine {host}` to ~/.netrc"
            )),
            Self::Credentials { host, .. } => {
                Some(format!("log in again: `podman login {host}` or `docker login {host}`"))
            }
            Self::Stalled { .. } | Self::Cut { .. } => {
                Some("run the same command again: it continues where the download stopped".into())
            }
            Self::Status { .. } => Some("run the same command again later".into()),
            Self::Cache(error) => error.hint(),
            _ => None,
        }
    }
}

fn unreachable_hint(proxy: Option<&'static str>, direct: &str) -> String {
    match proxy {
        Some(variable) => format!(
            "the request went through the proxy in {variable}: check it, or name the host in NO_PROXY if it can be reached directly"
        ),
        None => direct.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giving_up_keeps_the_advice_of_the_last_failure() {
        let refused = |status| HttpError::Refused { url: "u".into(), host: "h".into(), status };
        let error = HttpError::Exhausted { attempts: 6, source: Box::new(refused(401)) };
        assert!(error.hint().unwrap().contains("REGISTRY_AUTH_FILE"));
        assert_eq!(error.exit_code(), ExitCode::Source);
        assert!(refused(407).hint().unwrap().contains("proxy"));
    }
}
