//! Why the facts of a host are not known.

use crate::transport::TransportError;
use manifests::{ExitCode, Failure, with_causes};

/// Why the facts of a host are not known.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The host could not be reached or asked.
    #[error("{host}: its facts could not be gathered")]
    Transport {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: Box<TransportError>,
    },
    /// The answer is not whole.
    #[error("{host}: the answer about its facts is cut or too long")]
    Incomplete {
        /// The host.
        host: String,
    },
}

impl FactsError {
    /// The error with its causes in one line, for tables and JSON.
    pub fn in_full(&self) -> String {
        with_causes(self)
    }

    /// Whether asking again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Incomplete { .. } => true,
        }
    }
}

impl Failure for FactsError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Transport { source, .. } => source.exit_code(),
            Self::Incomplete { .. } => ExitCode::Host,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Transport { source, .. } => source.hint(),
            Self::Incomplete { .. } => None,
        }
    }
}
