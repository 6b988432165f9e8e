//! Applies a Kubernetes manifest through the control plane's own kubectl, on
//! the server's side, so that applying the same again changes nothing.

use super::{FileContent, Need, Outcome, StepContext, StepError};
use crate::{plan::ManagedPath, transport::RemoteCommand};
use serde::{Deserialize, Serialize};
use std::{io::Read, time::Duration};

/// Largest manifest that is applied, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A manifest and the way to the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KubectlApply {
    /// The program on the host.
    pub kubectl: ManagedPath,
    /// The credentials on the host.
    pub kubeconfig: ManagedPath,
    /// The manifest.
    pub content: FileContent,
}

/// `$1` kubectl, `$2` its credentials; the manifest on the input. `diff` ends
/// with 1 when something differs and with more when it cannot tell.
const DIFF: &str = r#"
exec "$1" --kubeconfig="$2" diff --server-side --force-conflicts --field-manager=bottari -f - > /dev/null
"#;

/// As before.
const APPLY: &str = r#"
exec "$1" --kubeconfig="$2" apply --server-side --force-conflicts --field-manager=bottari -f -
"#;

impl KubectlApply {
    async fn bytes(&self, cx: &StepContext<'_>) -> Result<Vec<u8>, StepError> {
        let ready = self.content.ready(cx).await?;
        let mut bytes = Vec::new();
        let read =
            ready.content.open().and_then(|reader| reader.take(LARGEST).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(bytes),
            Err(source) => Err(StepError::Content { path: "the manifest".into(), source }),
        }
    }

    fn arguments(&self) -> [&str; 2] {
        [self.kubectl.as_str(), self.kubeconfig.as_str()]
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let bytes = self.bytes(cx).await?;
        let change = |command: RemoteCommand| command.stdin(bytes);
        match cx.host.try_with("compare the manifest", DIFF, &self.arguments(), change).await? {
            (0, _) => Ok(Need::Satisfied),
            (1, _) => Ok(Need::because("the cluster differs from the manifest")),
            _ => Ok(Need::because("the cluster cannot be compared with the manifest yet")),
        }
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let bytes = self.bytes(cx).await?;
        let change = |command: RemoteCommand| command.stdin(bytes).deadline(Duration::from_mins(3));
        cx.host.run_with("apply the manifest", APPLY, &self.arguments(), change).await?;
        Ok(Outcome::Done)
    }
}
