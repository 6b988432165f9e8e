//! Takes packages off a host again, with dpkg alone: what a stopped installation
//! left is ended first, because dpkg cannot go on from the middle of it.

use super::reset::{Answer, ask};
use crate::{
    packages::before_retry,
    plan::{PackageName, StepId},
    steps::{Remote, StepError},
    transport::RemoteCommand,
};
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for another package manager, in seconds: as `apply` does.
pub(super) const LOCK_SECONDS: u64 = 600;

/// What dpkg and the scripts of packages may need beside the waiting.
const WORK: Duration = Duration::from_mins(20);

/// `$1` unit. Looks for 10 s whether it ends.
const WAIT: &str = r#"
looks=0
while :; do
  case $(systemctl show -p SubState --value "$1.service") in
    dead|failed|exited) echo over; exit 0 ;;
  esac
  looks=$((looks + 1))
  if [ "$looks" -ge 50 ]; then echo running; exit 0; fi
  sleep 0.2
done
"#;

/// Packages. Answers with those that are neither whole nor gone.
const HALF: &str = r#"
for name; do
  dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' "$name" 2>/dev/null || :
done | sed -n -e 's/^.[HUF].|//p' -e 's/^..R|//p' | sort -u
"#;

/// `$1` how long to wait for another package manager, in seconds; `$2` `--remove`,
/// or `--purge` for the settings of what has been removed; then packages. The site
/// may have one of another architecture by the same name, so dpkg is given the
/// whole name. What another package manager has in its hands says nothing of what
/// could go: first it is waited for, then the answer is `busy`. dpkg says first what it would not remove, because something else on
/// the host needs it: that stays, and what it needs of ours. One that dpkg was
/// stopped in the middle of was not there before, so nothing of it is missed.
const PACKAGES: &str = r#"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
limit=$1
how=$2
force=
shift 2
native=$(dpkg --print-architecture)
waited=0
count=$#
while [ "$count" -gt 0 ]; do
  name=$1
  shift
  count=$((count - 1))
  now=$(dpkg-query -W -f '${Architecture} ${binary:Package} ${db:Status-Abbrev}\n' "$name" 2>/dev/null |
    sed -n -e "s/^$native //p" -e 's/^all //p' | head -n 1)
  name=${now%% *} now=${now#* }
  case $how:$now in
    *:) ;;
    --remove:?n*|--remove:?c*) ;;
    --remove:*|--purge:?c*) set -- "$@" "$name" ;;
  esac
  case $now in ??R) force=--force-remove-reinstreq ;; esac
done
[ $# -gt 0 ] || { echo gone; exit 0; }
held() {
  for file in lock lock-frontend; do
    inode=$(stat -c %i "/var/lib/dpkg/$file" 2>/dev/null) || continue
    if grep -q " POSIX .* WRITE .*:$inode " /proc/locks; then return 0; fi
  done
  return 1
}
while held; do
  [ "$waited" -lt "$limit" ] || { echo "busy another package manager holds /var/lib/dpkg"; exit 0; }
  sleep 2
  waited=$((waited + 2))
done
why=
while [ $# -gt 0 ]; do
  said=$(dpkg $force --no-act "$how" "$@" 2>&1) && break
  stay=$(printf '%s\n' "$said" | sed -n 's/^dpkg: error processing package \([^ ]*\) (.*/\1/p')
  reason=$(printf '%s\n' "$said" | sed -n -e 's/^ *\(.* depends on [^ ;]*[^ ;.]\).*/\1/p' -e 's/^ *\(this is an essential package\).*/\1/p' | sort -u)
  if [ -z "$reason" ]; then reason=$(printf '%s\n' "$said" | grep -v '^dpkg: ' | sed 's/^ *//' | head -n 3); fi
  [ -n "$stay" ] || { echo "kept dpkg: $(printf '%s' "$said" | tr '\n' ' ' | tail -c 400)"; exit 0; }
  why="$why${why:+; }$(echo $stay) stays: $(printf '%s' "$reason" | tr '\n' ',' | sed 's/,/, /g')"
  count=$#
  while [ "$count" -gt 0 ]; do
    name=$1
    shift
    count=$((count - 1))
    case " $(echo $stay) " in *" $name "*) ;; *) set -- "$@" "$name" ;; esac
  done
done
while [ $# -gt 0 ]; do
  said=$(dpkg $force "$how" "$@" 2>&1) && break
  case $said in
    *'lock was locked'*)
      [ "$waited" -lt "$limit" ] || { echo "busy $(printf '%s' "$said" | tr '\n' ' ' | tail -c 400)"; exit 0; }
      sleep 2
      waited=$((waited + 2))
      continue ;;
  esac
  why="$why${why:+; }dpkg: $(printf '%s' "$said" | tr '\n' ' ' | tail -c 400)"
  break
done
if [ -n "$why" ]; then echo "kept $why"; else echo done; fi
"#;

/// An installation that may be at work, or was stopped at it.
pub(super) struct Installation<'a> {
    /// Its step.
    pub(super) of: &'a StepId,
    /// Whether its good end is not on record.
    pub(super) begun: bool,
    /// What it raised: only it can bring these to an end.
    pub(super) raised: &'a [PackageName],
    /// How long to wait for another package manager, in seconds.
    pub(super) lock_seconds: u64,
}

impl Installation<'_> {
    /// Waits for its end and ends what it left. A package that was raised and
    /// cannot be brought to an end here stops the reset, with all on record.
    pub(super) async fn end(&self, host: Remote<'_>) -> Result<(), StepError> {
        self.wait(host).await?;
        if !self.begun {
            return Ok(());
        }
        if self.half(host).await?.is_empty() {
            // What is new goes whatever its state is, and is not begun anew for it.
            return Ok(());
        }
        let said = self.recover(host).await?;
        let packages = self.half(host).await?;
        let (name, seconds) = (host.name.clone(), self.lock_seconds);
        match (packages.is_empty(), said.contains("lock was locked")) {
            (true, _) => Ok(()),
            (false, true) => Err(StepError::DpkgBusy { host: name, seconds, log: said }),
            (false, false) => Err(StepError::HalfRaised { host: name, packages }),
        }
    }

    /// What was raised and is half done.
    async fn half(&self, host: Remote<'_>) -> Result<Vec<String>, StepError> {
        let names: Vec<&str> = self.raised.iter().map(PackageName::as_str).collect();
        let half = host.run("look for packages that are half done", HALF, &names).await?;
        Ok(half.lines().map(str::to_owned).collect())
    }

    /// As long as `apply` would: dpkg that is stopped in the middle leaves packages
    /// that nobody can remove.
    async fn wait(&self, host: Remote<'_>) -> Result<(), StepError> {
        let (unit, title) = (self.of.unit_stem(), format!("wait for {}", self.of));
        let (began, patience) = (Instant::now(), self.patience());
        while host.run(&title, WAIT, &[&unit]).await?.trim() != "over" {
            if began.elapsed() >= patience {
                let (host, step) = (host.name.clone(), self.of.clone());
                let (seconds, log) = (patience.as_secs(), String::new());
                return Err(StepError::StillRunning { host, step, seconds, log });
            }
        }
        Ok(())
    }

    /// What dpkg says; what it cannot end is seen in its books.
    async fn recover(&self, host: Remote<'_>) -> Result<String, StepError> {
        let script = before_retry(self.lock_seconds);
        let patient = |command: RemoteCommand| command.deadline(self.patience());
        let title = "end what was begun with packages";
        let (_, (told, said)) = host.try_with(title, &script, &[], patient).await?;
        Ok(told + &said)
    }

    /// Both the installation and its retry wait for dpkg.
    fn patience(&self) -> Duration {
        WORK + 2 * Duration::from_secs(self.lock_seconds)
    }
}

/// Packages that go, and how long to wait for another package manager.
pub(super) struct Removal<'a> {
    /// Those to be removed with their settings.
    pub(super) purge: &'a [PackageName],
    /// Those whose settings were there before.
    pub(super) remove: &'a [PackageName],
    /// In seconds.
    pub(super) lock_seconds: u64,
}

impl Removal<'_> {
    /// First all go that can, together, for they need each other; then the settings
    /// of those that had none before.
    pub(super) async fn go(&self, host: Remote<'_>) -> Result<Answer, StepError> {
        let all: Vec<_> = self.purge.iter().chain(self.remove).collect();
        let first = self.dpkg(host, "--remove", &all).await?;
        let second = self.dpkg(host, "--purge", &self.purge.iter().collect::<Vec<_>>()).await?;
        Ok(match (first, second) {
            (kept @ Answer::Kept(_), _) | (_, kept @ Answer::Kept(_)) => kept,
            (Answer::Gone, Answer::Gone) => Answer::Gone,
            _ => Answer::Done,
        })
    }

    async fn dpkg(
        &self,
        host: Remote<'_>,
        how: &str,
        names: &[&PackageName],
    ) -> Result<Answer, StepError> {
        let seconds = self.lock_seconds;
        let names = names.iter().map(ToString::to_string);
        let first = [seconds.to_string(), how.to_owned()];
        let arguments: Vec<String> = first.into_iter().chain(names).collect();
        let patience = WORK + Duration::from_secs(seconds);
        match ask(host, "remove packages", PACKAGES, &arguments, patience).await? {
            Answer::Busy(log) => Err(StepError::DpkgBusy { host: host.name.clone(), seconds, log }),
            answer => Ok(answer),
        }
    }
}
