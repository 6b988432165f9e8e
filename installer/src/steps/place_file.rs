//! Places a file, and keeps what it replaces.

use super::{FileContent, Need, Outcome, StepContext, StepError, files, look::FileSpec};
use crate::plan::{ManagedPath, Mode, Owner};
use serde::{Deserialize, Serialize};

/// A file with its bytes, mode and owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlaceFile {
    /// Where.
    pub path: ManagedPath,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
    /// Its bytes.
    pub content: FileContent,
}

impl PlaceFile {
    /// A text that everybody on the host may read.
    pub fn text(path: ManagedPath, text: impl Into<String>) -> Self {
        let content = FileContent::Text { text: text.into() };
        Self { path, mode: Mode::readable(), owner: Owner::root(), content }
    }

    /// A program.
    pub fn program(path: ManagedPath, content: FileContent) -> Self {
        Self { path, mode: Mode::executable(), owner: Owner::root(), content }
    }

    fn spec(&self) -> FileSpec<'_> {
        FileSpec { path: &self.path, mode: &self.mode, owner: &self.owner }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let wanted = match self.content.sha256() {
            Some(sha256) => sha256,
            None => match self.content.ready(cx).await {
                Ok(ready) => ready.sha256,
                Err(StepError::Elsewhere { host, .. }) => {
                    return Ok(Need::because(format!("`{host}` does not have it yet")));
                }
                Err(error) => return Err(error),
            },
        };
        files::check(cx, self.spec(), &wanted).await
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let ready = self.content.ready(cx).await?;
        files::place(cx, self.spec(), &ready).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }
}
