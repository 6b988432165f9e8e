//! Where packages come from, and why they are believed.

use crate::plan::{ManagedPath, word_type};
use manifests::{Arch, Digest};
use serde::{Deserialize, Serialize};

word_type!(
    /// The root of a repository: `https://10.0.0.1:5000/apt/debian-12`.
    RepositoryUrl,
    "the address of a repository",
    "http:// or https://, then letters, digits and `.:/_[]-`",
    |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".:/_[]-".contains(&b);
        text.len() <= 200 && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
    }
);

/// A repository of packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repository {
    /// Its root.
    pub url: RepositoryUrl,
    /// The architecture whose packages are wanted.
    pub arch: Arch,
    /// The one key that may have signed it, in ASCII armour.
    pub key: String,
    /// A file of the host with the certificates that its server's must lead to;
    /// what the host trusts when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<ManagedPath>,
    /// SHA-256 of its signed index, `dists/bottari/InRelease`: one key signs many
    /// bundles. Plans of before have none; any index of the key is taken then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_release: Option<Digest>,
}
