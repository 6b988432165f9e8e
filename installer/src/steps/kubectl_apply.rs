//! Applies a Kubernetes manifest through the control plane's own kubectl, on
//! the server's side, so that applying the same again changes nothing.

use super::{FileContent, Need, Outcome, StepContext, StepError};
use crate::{plan::ManagedPath, transport::RemoteCommand};
use manifests::patch::{LARGEST, Patch, render};
use serde::{Deserialize, Serialize};
use std::{io::Read, time::Duration};

/// A manifest and the way to the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KubectlApply {
    /// The program on the host.
    pub kubectl: ManagedPath,
    /// The credentials on the host.
    pub kubeconfig: ManagedPath,
    /// The manifest, as upstream wrote it.
    pub content: FileContent,
    /// What we change of it on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
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
        // One byte more than is allowed, so that what is too large is not cut but refused.
        let most = LARGEST as u64 + 1;
        let read = ready.content.open().and_then(|from| from.take(most).read_to_end(&mut bytes));
        read.map_err(|source| StepError::Content { path: "the manifest".into(), source })?;
        Ok(render(&bytes, &self.patches).map_err(Box::new)?.into_owned())
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
