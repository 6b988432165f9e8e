//! Waits until a look at the host succeeds.

use super::{Need, Outcome, StepContext, StepError, error::Said};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that takes its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WaitFor {
    /// A script for `sh -eu` that changes nothing and succeeds when it is so.
    pub script: String,
    /// What is to happen, for messages: "the node is Ready".
    pub expected: String,
    /// How long it may take, in seconds.
    pub deadline_seconds: u64,
}

impl WaitFor {
    /// `None` when it is so, otherwise what was seen.
    async fn look(&self, cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
        let title = format!("see whether {}", self.expected);
        match cx.host.try_with(&title, &self.script, &[], |command| command).await? {
            (0, _) => Ok(None),
            (status, (_, said)) if said.is_empty() => {
                Ok(Some(format!("the look ended with {status}")))
            }
            (_, (_, said)) => Ok(Some(said)),
        }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        Ok(self.look(cx).await?.map_or(Need::Satisfied, Need::Needed))
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let began = tokio::time::Instant::now();
        while let Some(said) = self.look(cx).await? {
            if began.elapsed() >= Duration::from_secs(self.deadline_seconds) {
                let (host, expected) = (cx.host.name.clone(), self.expected.clone());
                let seconds = self.deadline_seconds;
                return Err(StepError::NotYet { host, seconds, expected, said: Said(said) });
            }
            tokio::time::sleep(cx.pause).await;
        }
        Ok(Outcome::Done)
    }
}
