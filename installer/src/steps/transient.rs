//! Long commands that outlive this program: each runs as a transient systemd
//! unit named by its step. Whoever comes later finds it running and waits for
//! it, or finds its result and reads it; it is never started beside itself.

use super::{StepContext, StepError};
use crate::{
    ledger::{State, Thing},
    plan::StepId,
};
use manifests::Digest;
use std::time::Duration;

/// How often a wait on the host looks before it answers: 10 s in all.
const LOOKS: &str = "50";

const OTHER: i32 = 75;

/// `$1` unit, `$2` SHA-256 of its script, `$3` `unread` when a result that lies
/// there has not been read; the script on the input. Writing the result is the
/// last thing the script does, so a result is whole or not there.
const START: &str = r#"
plain "$STATE/units"
[ -d "$STATE/units" ] || mkdir -p -m 0700 "$STATE/units"
own=$STATE/units/$1
case $(systemctl show -p SubState --value "$1.service") in
  dead|failed|exited) ;;
  *) same "$own.sh" "$2" || exit 75; echo running; exit 0 ;;
esac
if [ "$3" = unread ] && [ -f "$own.result" ] && same "$own.sh" "$2"; then echo finished; exit 0; fi
systemctl stop "$1.service" 2>/dev/null || :
systemctl reset-failed "$1.service" 2>/dev/null || :
rm -f "$own.result"
cat > "$own.sh.new"
keep "$own.sh.new" "$own.sh"
systemd-run --quiet --unit="$1.service" --property=RemainAfterExit=yes /bin/sh "$own.sh"
echo started
"#;

/// `$1` unit, `$2` how often to look. The state is asked before the result is
/// looked for, so that a command that ends in between is not taken for cut.
const WAIT: &str = r#"
own=$STATE/units/$1
looks=0
while :; do
  state=$(systemctl show -p SubState --value "$1.service")
  if [ -f "$own.result" ]; then echo "finished $(cat "$own.result")"; exit 0; fi
  case $state in dead|failed|exited) echo cut; exit 0 ;; esac
  looks=$((looks + 1))
  if [ "$looks" -ge "$2" ]; then echo running; exit 0; fi
  sleep 0.2
done
"#;

/// `$1` unit, `$2` `well` or `badly`. After a bad end the mark of a begun
/// command stays, for the next attempt to clean up by.
const FORGET: &str = r#"
own=$STATE/units/$1
systemctl stop "$1.service" 2>/dev/null || :
systemctl reset-failed "$1.service" 2>/dev/null || :
rm -f "$own.result"
[ "$2" = badly ] || rm -f "$own.begun"
"#;

/// A long command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    /// What is run, by `sh -eu`.
    pub(crate) script: &'a str,
    /// What is run before it when an earlier attempt did not end well.
    pub(crate) before_retry: Option<&'a str>,
    /// How long we wait for it.
    pub(crate) deadline: Duration,
}

/// Where the output of a step's command is kept.
pub(crate) fn log_path(step: &StepId) -> String {
    format!("/var/lib/bottari/units/{}.log", step.unit_stem())
}

impl Job<'_> {
    /// What the unit runs.
    fn text(&self, step: &StepId) -> String {
        let (unit, Self { script, before_retry, .. }) = (step.unit_stem(), self);
        let cleaning = before_retry.unwrap_or(":");
        format!(
            "# Step {step}, run by bottari-installer.\n\
             cd /\n\
             export HOME=/root LC_ALL=C \
             PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
             own=/var/lib/bottari/units/{unit}\n\
             exec < /dev/null >> \"$own.log\" 2>&1\n\
             if [ -e \"$own.begun\" ]; then (\n{cleaning}\n); fi\n\
             : > \"$own.begun\"\n\
             sync \"$own.begun\"\n\
             (\nset -eu\n{script}\n)\n\
             status=$?\n\
             echo \"$status\" > \"$own.result.new\"\n\
             sync \"$own.result.new\"\n\
             mv -f \"$own.result.new\" \"$own.result\"\n\
             exit \"$status\"\n"
        )
    }

    /// SHA-256 of what the unit runs.
    pub(crate) fn digest(&self, step: &StepId) -> Digest {
        bundles::sha256(self.text(step).as_bytes())
    }
}

/// What the ledger knows of a step's command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Whether the step came to its end.
    pub(crate) state: State,
    /// SHA-256 of the script.
    pub(crate) script: &'a Digest,
    /// Whether the good end of the command was seen.
    pub(crate) ended: bool,
}

/// Looks into the ledger for the command of a step.
pub(crate) fn known<'a>(cx: &'a StepContext<'_>) -> Option<Known<'a>> {
    let (state, (script, ended)) = cx.ledger.ledger.find(|thing| match thing {
        Thing::Transient { of, script, ended } if of == cx.step => Some((script, *ended)),
        _ => None,
    })?;
    Some(Known { state, script, ended })
}

/// Forgets that the command of a step ended well, so that it runs once more: what
/// it did is not there any more, or not enough by now. [`run`] puts it on record.
pub(crate) fn again(cx: &mut StepContext<'_>) {
    let Some(known) = known(cx).filter(|known| known.state == State::Intent) else { return };
    let script = known.script.clone();
    let thing = Thing::Transient { of: cx.step.clone(), script, ended: false };
    cx.ledger.ledger.intend(cx.step, thing);
}

/// Runs the command of a step to its end, or waits for the one that runs, or
/// reads how it ended. `things` go on record before.
pub(crate) async fn run(
    cx: &mut StepContext<'_>,
    job: Job<'_>,
    things: Vec<Thing>,
) -> Result<(), StepError> {
    let script = job.digest(cx.step);
    let begun = known(cx).filter(|known| known.state == State::Intent);
    let (begun, ended) =
        (begun.is_some(), begun.is_some_and(|known| known.ended && *known.script == script));
    let unit = |ended| Thing::Transient { of: cx.step.clone(), script: script.clone(), ended };
    let (running, over) = (unit(ended), unit(true));
    cx.intend(things.into_iter().chain([running])).await?;
    if !ended {
        start(cx, job, begun).await?;
        succeed(cx, job.deadline).await?;
        cx.intend([over]).await?;
    }
    forget(cx, "well").await
}

/// Waits for the end, and for a good one.
async fn succeed(cx: &StepContext<'_>, deadline: Duration) -> Result<(), StepError> {
    let status = wait(cx, deadline).await?;
    if status == 0 {
        return Ok(());
    }
    let (host, step, log) = (cx.host.name.clone(), cx.step.clone(), tail(cx).await);
    forget(cx, "badly").await?;
    Err(StepError::Command { host, step, status, log })
}

async fn start(cx: &StepContext<'_>, job: Job<'_>, begun: bool) -> Result<(), StepError> {
    let (unit, digest) = (cx.step.unit_stem(), job.digest(cx.step));
    let arguments = [unit.as_str(), digest.hex(), if begun { "unread" } else { "read" }];
    let title = format!("start {}", cx.step);
    let text = job.text(cx.step);
    let (host, step) = (cx.host.name.clone(), cx.step.clone());
    match cx.host.try_with(&title, START, &arguments, |command| command.stdin(text)).await? {
        (0, _) => Ok(()),
        (OTHER, _) => Err(StepError::OtherCommand { host, step }),
        (status, (_, said)) => Err(StepError::script(host, title, status, said)),
    }
}

async fn wait(cx: &StepContext<'_>, deadline: Duration) -> Result<i32, StepError> {
    let (unit, title) = (cx.step.unit_stem(), format!("wait for {}", cx.step));
    let began = tokio::time::Instant::now();
    loop {
        let answer = cx.host.run(&title, WAIT, &[&unit, LOOKS]).await?;
        let (host, step) = (cx.host.name.clone(), cx.step.clone());
        match answer.split_whitespace().collect::<Vec<_>>()[..] {
            ["finished", status] => {
                return status.parse().ok().ok_or_else(|| cx.host.odd_answer(&title, &answer));
            }
            ["cut"] => return Err(StepError::Cut { host, step, log: tail(cx).await }),
            ["running"] if began.elapsed() < deadline => tokio::time::sleep(cx.pause).await,
            ["running"] => {
                let (seconds, log) = (deadline.as_secs(), tail(cx).await);
                return Err(StepError::StillRunning { host, step, seconds, log });
            }
            _ => return Err(cx.host.odd_answer(&title, &answer)),
        }
    }
}

async fn forget(cx: &StepContext<'_>, how: &str) -> Result<(), StepError> {
    let stem = cx.step.unit_stem();
    cx.host.run(&format!("tidy up after {}", cx.step), FORGET, &[&stem, how]).await?;
    Ok(())
}

/// The end of the command's output; a log that cannot be read is no news.
async fn tail(cx: &StepContext<'_>) -> String {
    let script = "tail -c 4000 \"$1\" | tail -n 20";
    cx.host.run("read the log", script, &[&log_path(cx.step)]).await.unwrap_or_default()
}
