//! The command that installs. It runs as a unit of its own, so a lost connection
//! does not stop it, and it can be begun again wherever it was stopped.

use super::environment::{FOLDER, SURROUNDINGS};
use manifests::packages::Wish;
use std::fmt::Write;

/// What the command ends with when another package manager did not let go of
/// dpkg in time.
pub(crate) const BUSY: i32 = 75;

/// apt waits for dpkg's lock by itself. It refuses to remove, to go back and to
/// touch what is held; what an earlier try left unpacked, it ends.
const INSTALL: &str = r#"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
{ apt-get -q -o DPkg::Lock::Timeout="$limit" --fix-broken satisfy "$@" 2>&1 || echo "failed $?"; } | tee "$said"
case $(tail -n 1 "$said") in
  'failed '*)
    if grep -q '^E: .*dpkg frontend lock\|^E: Could not get lock /var/lib/dpkg' "$said"; then exit 75; fi
    exit 1 ;;
esac
"#;

/// A stop in the middle of dpkg's work leaves notes that only dpkg may end.
/// When it cannot end all of it, because something it needs was not yet there,
/// apt goes on from there. dpkg itself does not wait for others.
const RECOVER: &str = r#"
waited=0
while :; do
  said=$(dpkg --force-confdef --force-confold --configure -a 2>&1) && break
  printf '%s\n' "$said"
  case $said in
    *'lock was locked'*) [ "$waited" -lt "$limit" ] || break ;;
    *) break ;;
  esac
  sleep 2
  waited=$((waited + 2))
done
"#;

/// What installs `wishes`, waiting `lock_seconds` for other package managers. The
/// same text on every call, whatever the host has.
pub(crate) fn script(wishes: &[Wish], lock_seconds: u64) -> String {
    let mut script = head(lock_seconds) + "set --";
    for wish in wishes {
        // No wish holds a quote.
        let _ = write!(script, " '{wish}'");
    }
    script + INSTALL
}

/// What ends an earlier try that was stopped.
pub(crate) fn before_retry(lock_seconds: u64) -> String {
    head(lock_seconds) + RECOVER
}

fn head(lock_seconds: u64) -> String {
    format!("APT={FOLDER}\nlimit={lock_seconds}{SURROUNDINGS}")
}
