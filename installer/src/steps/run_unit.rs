//! Runs a long command, such as `kubeadm init`, that must neither die with this
//! program nor run twice.

use super::{
    Need, Outcome, StepContext, StepError,
    transient::{self, Job},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A long command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunUnit {
    /// A script for `sh -eu`. Holds no secret: it lies on the host.
    pub script: String,
    /// A script that succeeds when the work is there. Without it, a good end
    /// once is a good end for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_when: Option<String>,
    /// Cleans up what an attempt that did not end well has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_retry: Option<String>,
    /// How long we wait for it, in seconds. After that it goes on by itself.
    pub deadline_seconds: u64,
}

impl RunUnit {
    fn job(&self) -> Job<'_> {
        Job {
            script: &self.script,
            before_retry: self.before_retry.as_deref(),
            deadline: Duration::from_secs(self.deadline_seconds),
        }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        match (&self.done_when, transient::known(cx)) {
            (Some(script), _) => match cx.host.try_with("look", script, &[], |c| c).await? {
                (0, _) => Ok(Need::Satisfied),
                (_, (_, said)) if said.is_empty() => Ok(Need::because("it is not done yet")),
                (_, (_, said)) => Ok(Need::because(said)),
            },
            (None, Some(known)) if *known.script == self.job().digest(cx.step) => {
                Ok(Need::Satisfied)
            }
            (None, Some(_)) => Ok(Need::because("the command has changed since it ran")),
            (None, None) => Ok(Need::because("it did not run yet")),
        }
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        transient::run(cx, self.job(), Vec::new()).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }
}
