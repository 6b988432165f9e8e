//! Loads kernel modules: now, and through a file of our own at each start. A
//! module that this kernel cannot load is passed over with a warning: it may be
//! built in without saying so, and what needs it will tell.

use super::{Need, Outcome, StepContext, StepError, content::Ready, files, look::FileSpec};
use crate::{
    ledger::Thing,
    plan::{ManagedPath, Mode, ModuleName, Owner},
};
use serde::{Deserialize, Serialize};

/// Kernel modules and the file that names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KernelModules {
    /// A file of our own in `/etc/modules-load.d`.
    pub file: ManagedPath,
    /// The modules.
    pub modules: Vec<ModuleName>,
}

/// Names of modules; one line each: there, missing, or impossible here.
const LOOK: &str = r#"
for name; do
  word=$(printf %s "$name" | tr - _)
  if [ -d "/sys/module/$word" ] || grep -q "^$word " /proc/modules; then echo there
  elif modprobe -n -q "$name"; then echo missing
  else echo impossible
  fi
done
"#;

/// Names of modules; answers with those that did not load.
const LOAD: &str = r#"for name; do modprobe -q "$name" || echo "$name"; done"#;

impl KernelModules {
    fn text(&self) -> String {
        let lines = self.modules.iter().map(|module| format!("{module}\n"));
        "# Written by bottari-installer.\n".to_owned() + &lines.collect::<String>()
    }

    /// The modules that could be loaded and are not.
    async fn missing(&self, cx: &StepContext<'_>) -> Result<Vec<&ModuleName>, StepError> {
        let (names, title) = (self.names(), "look at kernel modules");
        let answer = cx.host.run(title, LOOK, &names).await?;
        let words: Vec<&str> = answer.lines().collect();
        if words.len() != names.len() {
            return Err(cx.host.odd_answer(title, &answer));
        }
        let missing = self.modules.iter().zip(words).filter(|(_, word)| *word == "missing");
        Ok(missing.map(|(module, _)| module).collect())
    }

    fn names(&self) -> Vec<&str> {
        self.modules.iter().map(ModuleName::as_str).collect()
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let (mode, owner) = (Mode::readable(), Owner::root());
        let spec = FileSpec { path: &self.file, mode: &mode, owner: &owner };
        if let Need::Needed(why) = files::check(cx, spec, &Ready::text(self.text()).sha256).await? {
            return Ok(Need::because(format!("{}: {why}", self.file)));
        }
        Ok(match self.missing(cx).await?.first() {
            Some(module) => Need::because(format!("module {module} is not loaded")),
            None => Need::Satisfied,
        })
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let missing: Vec<ModuleName> = self.missing(cx).await?.into_iter().cloned().collect();
        let things = missing.iter().map(|module| Thing::Module { module: module.clone() });
        cx.intend(things.collect::<Vec<_>>()).await?;
        let (mode, owner) = (Mode::readable(), Owner::root());
        let spec = FileSpec { path: &self.file, mode: &mode, owner: &owner };
        files::place(cx, spec, &Ready::text(self.text())).await?;
        let refused = cx.host.run("load kernel modules", LOAD, &self.names()).await?;
        cx.confirm().await?;
        let refused: Vec<&str> = refused.lines().collect();
        Ok(match refused[..] {
            [] => Outcome::Done,
            _ => Outcome::DoneWithWarning(format!(
                "this kernel cannot load {}; it may be built in",
                refused.join(", ")
            )),
        })
    }
}
