//! Makes a folder. One that was there stays as it is: it is not ours.

use super::{
    Need, Outcome, StepContext, StepError,
    look::{What, look},
};
use crate::{
    ledger::Thing,
    plan::{ManagedPath, Mode, Owner},
};
use serde::{Deserialize, Serialize};

/// A folder with its mode and owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MakeFolder {
    /// Where.
    pub path: ManagedPath,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// `$1` path, `$2` mode, `$3` owner.
const MAKE: &str = r#"
plain "$1"
mkdir -p "$1"
chown "$3" "$1"; chmod "$2" "$1"
"#;

impl MakeFolder {
    /// A folder that everybody on the host may look into.
    pub fn new(path: ManagedPath) -> Self {
        Self { path, mode: Mode::executable(), owner: Owner::root() }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let ours = cx.ledger.ledger.has_folder(&self.path);
        Ok(match look(cx.host, &self.path).await?.what {
            What::Nothing => Need::because("it is not there"),
            What::File { .. } | What::Other => Need::because("something else is in its place"),
            What::Folder { mode, .. } if ours && mode != self.mode => {
                Need::because(format!("its mode is {mode}: expected {}", self.mode))
            }
            What::Folder { owner, .. } if ours && owner != self.owner => {
                Need::because(format!("its owner is {owner}: expected {}", self.owner))
            }
            What::Folder { .. } => Need::Satisfied,
        })
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let found = look(cx.host, &self.path).await?;
        match found.what {
            What::Nothing => {}
            What::Folder { .. } if cx.ledger.ledger.has_folder(&self.path) => {}
            What::Folder { .. } => {
                return Ok(Outcome::Skipped("it was there before us".into()));
            }
            What::File { .. } | What::Other => {
                let (host, path) = (cx.host.name.clone(), self.path.clone());
                return Err(StepError::InTheWay { host, path, expected: "a folder" });
            }
        }
        let missing = found.missing.into_iter().chain([self.path.clone()]);
        cx.intend(missing.map(|path| Thing::Folder { path })).await?;
        let arguments = [self.path.as_str(), self.mode.as_str(), self.owner.as_str()];
        cx.host.run(&format!("make {}", self.path), MAKE, &arguments).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }
}
