//! Places a unit, enables it, and starts it; starts it again when one of its
//! files has changed since.

use super::{Need, Outcome, StepContext, StepError, content::Ready, files, look::FileSpec};
use crate::{
    ledger::Thing,
    plan::{ManagedPath, Mode, Owner, UnitName},
};
use manifests::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a unit may take to become active, in seconds.
const ACTIVE_SECONDS: &str = "120";

const NOT_ACTIVE: i32 = 76;

/// A systemd unit of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unit {
    /// Its name.
    pub unit: UnitName,
    /// Its file's text.
    pub text: String,
    /// Files whose change asks for a new start: its program, its settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watches: Vec<ManagedPath>,
    /// Whether it is started here.
    pub start: Start,
}

/// When a unit is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// By this step, which waits until it is active.
    Now,
    /// By something else, such as kubeadm, or the next start of the host.
    Later,
}

/// `$1` unit, then its files. Answers: enabled, active, one digest over all.
const LOOK: &str = r#"
unit=$1
shift
enabled=$(systemctl is-enabled "$unit" 2>/dev/null) || :
active=$(systemctl is-active "$unit" 2>/dev/null) || :
sum=$(for file; do
  if [ -f "$file" ]; then sha256sum "$file"; else echo "none $file"; fi
done | sha256sum)
echo "${enabled:-unknown} ${active:-unknown} ${sum%% *}"
"#;

/// `$1` unit, `$2` what to do with it, `$3` seconds to wait. Active has to be
/// seen twice: a program that ends at once is active for a moment, too.
const START: &str = r#"
systemctl daemon-reload
systemctl enable --quiet "$1"
[ "$2" != later ] || exit 0
steady=1
if [ "$2" != leave ]; then steady=0; timeout "$3" systemctl restart "$1" || :; fi
waited=0
while :; do
  state=$(systemctl is-active "$1") || :
  if [ "$state" = active ]; then steady=$((steady + 1)); else steady=0; fi
  [ "$steady" -lt 2 ] || exit 0
  if [ "$state" = failed ] || [ "$waited" -ge "$3" ]; then
    echo "$state"
    journalctl --quiet --no-pager --lines=20 --unit="$1" 2>/dev/null || :
    exit 76
  fi
  sleep 1
  waited=$((waited + 1))
done
"#;

struct Found {
    enabled: bool,
    active: bool,
    files: Digest,
}

impl Unit {
    async fn look(&self, cx: &StepContext<'_>) -> Result<Found, StepError> {
        let (path, title) = (self.unit.path(), format!("look at {}", self.unit));
        let mut arguments = vec![self.unit.as_str(), path.as_str()];
        arguments.extend(self.watches.iter().map(ManagedPath::as_str));
        let answer = cx.host.run(&title, LOOK, &arguments).await?;
        let odd = || cx.host.odd_answer(&title, &answer);
        match answer.split_whitespace().collect::<Vec<_>>()[..] {
            [enabled, active, hex] => Ok(Found {
                enabled: matches!(enabled, "enabled" | "static" | "alias" | "indirect"),
                active: active == "active",
                files: Digest::new(Algorithm::Sha256, hex).ok().ok_or_else(odd)?,
            }),
            _ => Err(odd()),
        }
    }

    fn started_with<'a>(&self, cx: &'a StepContext<'_>) -> Option<&'a Digest> {
        let found = cx.ledger.ledger.find(|thing| match thing {
            Thing::Unit { unit, started_with } if *unit == self.unit => started_with.as_ref(),
            _ => None,
        });
        found.map(|(_, digest)| digest)
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let (path, mode, owner) = (self.unit.path(), Mode::readable(), Owner::root());
        let spec = FileSpec { path: &path, mode: &mode, owner: &owner };
        if let Need::Needed(why) = files::check(cx, spec, &self.ready().sha256).await? {
            return Ok(Need::because(format!("{path}: {why}")));
        }
        let found = self.look(cx).await?;
        let changed = self.started_with(cx) != Some(&found.files);
        Ok(match (found.enabled, self.start) {
            (false, _) => Need::because("it is not enabled"),
            (true, Start::Now) if !found.active => Need::because("it is not active"),
            (true, Start::Now) if changed => {
                Need::because("its files have changed since it was started")
            }
            (true, _) => Need::Satisfied,
        })
    }

    fn ready(&self) -> Ready {
        Ready::text(self.text.clone())
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let (path, mode, owner) = (self.unit.path(), Mode::readable(), Owner::root());
        let before = self.started_with(cx).cloned();
        let record = |started_with| Thing::Unit { unit: self.unit.clone(), started_with };
        let spec = FileSpec { path: &path, mode: &mode, owner: &owner };
        files::place(cx, spec, &self.ready()).await?;
        cx.intend([record(before.clone())]).await?;
        let found = self.look(cx).await?;
        let started = found.active && before.as_ref() == Some(&found.files);
        self.run(cx, started).await?;
        cx.ledger.ledger.intend(cx.step, record(Some(found.files)));
        cx.confirm().await?;
        Ok(Outcome::Done)
    }

    async fn run(&self, cx: &StepContext<'_>, started: bool) -> Result<(), StepError> {
        let what = match (self.start, started) {
            (Start::Later, _) => "later",
            (Start::Now, true) => "leave",
            (Start::Now, false) => "start",
        };
        let arguments = [self.unit.as_str(), what, ACTIVE_SECONDS];
        let title = format!("start {}", self.unit);
        let patient =
            |command: crate::transport::RemoteCommand| command.deadline(Duration::from_mins(5));
        let host = cx.host.name.clone();
        match cx.host.try_with(&title, START, &arguments, patient).await? {
            (0, _) => Ok(()),
            (NOT_ACTIVE, (output, _)) => {
                let (state, log) = output.split_once('\n').unwrap_or((&output, ""));
                let (state, log) = (state.to_owned(), log.to_owned());
                Err(StepError::NotActive { host, unit: self.unit.clone(), state, log })
            }
            (status, (_, said)) => Err(StepError::script(host, title, status, said)),
        }
    }
}
