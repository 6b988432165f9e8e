//! Sets kernel settings: now, and in a file of our own for each start. What
//! they were is on record.

use super::{Need, Outcome, StepContext, StepError, content::Ready, files, look::FileSpec};
use crate::{
    ledger::Thing,
    plan::{ManagedPath, Mode, Owner, SysctlKey, SysctlValue},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kernel settings and the file that holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sysctl {
    /// A file of our own in `/etc/sysctl.d`.
    pub file: ManagedPath,
    /// What is to be set.
    pub values: BTreeMap<SysctlKey, SysctlValue>,
}

/// Paths of settings; answers with one value a line, words one space apart.
const READ: &str = r#"
for path; do
  [ -f "$path" ] || { echo "the kernel has no \`$path\`; is its module loaded?" >&2; exit 1; }
  set -f; set -- $(cat "$path"); set +f
  echo "$*"
done
"#;

/// Pairs of a path and a value. What is right already is not written.
const SET: &str = r#"
while [ $# -gt 0 ]; do
  [ "$(cat "$1")" = "$2" ] || printf '%s\n' "$2" > "$1"
  shift 2
done
"#;

impl Sysctl {
    fn text(&self) -> String {
        let lines = self.values.iter().map(|(key, value)| format!("{key} = {value}\n"));
        "# Written by bottari-installer.\n".to_owned() + &lines.collect::<String>()
    }

    async fn now(&self, cx: &StepContext<'_>) -> Result<Vec<SysctlValue>, StepError> {
        let paths: Vec<String> = self.values.keys().map(SysctlKey::path).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let title = "read kernel settings";
        let answer = cx.host.run(title, READ, &paths).await?;
        let values: Result<Vec<_>, _> = answer.lines().map(str::parse).collect();
        match values {
            Ok(values) if values.len() == paths.len() => Ok(values),
            _ => Err(cx.host.odd_answer(title, &answer)),
        }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let (mode, owner) = (Mode::readable(), Owner::root());
        let spec = FileSpec { path: &self.file, mode: &mode, owner: &owner };
        let need = files::check(cx, spec, &Ready::text(self.text()).sha256).await?;
        if let Need::Needed(why) = need {
            return Ok(Need::because(format!("{}: {why}", self.file)));
        }
        let now = self.now(cx).await?;
        let wrong = self.values.iter().zip(&now).find(|((_, wanted), now)| wanted != now);
        Ok(wrong.map_or(Need::Satisfied, |((key, wanted), now)| {
            Need::because(format!("{key} is {now}: expected {wanted}"))
        }))
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let now = self.now(cx).await?;
        let changes = self.values.iter().zip(now).map(|((key, value), before)| {
            let (key, value) = (key.clone(), value.clone());
            Thing::Sysctl { key, value, before }
        });
        cx.intend(changes.collect::<Vec<_>>()).await?;
        let pairs: Vec<String> =
            self.values.iter().flat_map(|(key, value)| [key.path(), value.to_string()]).collect();
        let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
        cx.host.run("set kernel settings", SET, &pairs).await?;
        let (mode, owner) = (Mode::readable(), Owner::root());
        let spec = FileSpec { path: &self.file, mode: &mode, owner: &owner };
        files::place(cx, spec, &Ready::text(self.text())).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }
}
