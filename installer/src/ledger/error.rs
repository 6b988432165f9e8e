//! Why a host's ledger cannot be believed.

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It was written by another version.
    #[error("the ledger has format `{found}`: expected `{}`", super::FORMAT)]
    Format {
        /// What its first field says.
        found: String,
    },
    /// It is not JSON, or names something that no step of ours could have placed.
    #[error("the ledger is not one that this installer wrote")]
    Json(#[source] serde_json::Error),
    /// Nobody writes such a ledger.
    #[error("the ledger has {size} bytes: expected at most {}", super::LARGEST)]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
}
