//! Asks a host's apt what it would do. Nothing is changed: apt simulates, and an
//! environment that is needed for the question alone goes with it.

use super::{
    Simulation,
    environment::{Environment, FOLDER, SURROUNDINGS, WRITE},
    parse,
};
use crate::steps::{Remote, StepError};
use bytes::Bytes;
use manifests::{Arch, packages::Wish};
use std::time::Duration;

/// Its arguments: what is wanted; `$how`: an option of apt, or none. Removals are allowed here, so that apt tells
/// which it would need. `satisfy` leaves alone what is there in a good version,
/// which `install` would raise. The kernel tells whether somebody holds dpkg.
const SIMULATE: &str = r#"
section() { printf '== %s\n' "$1"; sed -e 's/^/| /'; }
for file in lock lock-frontend; do
  inode=$(stat -c %i "/var/lib/dpkg/$file" 2>/dev/null) || continue
  if grep -q " POSIX .* WRITE .*:$inode " /proc/locks; then echo "$file"; fi
done | section locks
dpkg-query -W -f '${Package} ${db:Status-Want} ${db:Status-Eflag} ${db:Status-Status}\n' |
  grep -v ' install ok \(installed\|triggers-awaited\|triggers-pending\)$' | section states
said=$(apt-get -q -s $how -o APT::Get::Remove=true satisfy "$@" 2>&1) && status=0 || status=$?
printf '%s\n' "$said" | section apt
echo "$status" | section status
apt-get -q -s check 2>&1 | section broken
printf '== end\n'
"#;

/// A folder that goes when the script ends, however it does.
const PASSING: &str = r#"
how=
APT=$(mktemp -d /run/bottari-apt.XXXXXX)
trap 'rm -rf "$APT"' EXIT
trap 'exit 129' HUP INT PIPE TERM
chmod 0755 "$APT"
"#;

/// The repository's lists come as an archive on the input.
const REPOSITORY: &str = r#"
mkdir "$APT/repository"
tar -x --no-same-owner -C "$APT/repository"
chmod -R a+rX "$APT/repository"
"#;

const UPDATE: &str = "apt-get -q update > /dev/null\n";
const NO_SOURCE: &str = "rm \"$APT/sources.d/bottari.sources\"\n";
/// A small machine with many packages takes some seconds.
const PATIENCE: Duration = Duration::from_mins(2);
const TITLE: &str = "ask apt what it would do";

/// What is wanting, by dpkg's books alone: no repository is asked.
pub(crate) async fn look(host: Remote<'_>, wishes: &[Wish]) -> Result<Simulation, StepError> {
    let script = format!("{PASSING}{WRITE}{NO_SOURCE}{SURROUNDINGS}{SIMULATE}");
    let environment = Environment::beside(Arch::Amd64, "");
    ask(host, &script, environment.arguments(), wishes, Bytes::new()).await
}

/// What would be done with the repository that [`super::prepare`] asked.
pub(crate) async fn simulate(host: Remote<'_>, wishes: &[Wish]) -> Result<Simulation, StepError> {
    ask_prepared(host, "how=\n", wishes).await
}

/// The same on a host in the middle of an installation, as [`super::script`] ends it.
pub(crate) async fn simulate_ending(
    host: Remote<'_>,
    wishes: &[Wish],
) -> Result<Simulation, StepError> {
    ask_prepared(host, "how=--fix-broken\n", wishes).await
}

async fn ask_prepared(
    host: Remote<'_>,
    how: &str,
    wishes: &[Wish],
) -> Result<Simulation, StepError> {
    let script = format!("APT={FOLDER}\nplain \"$APT\"\n{how}{SURROUNDINGS}{SIMULATE}");
    ask(host, &script, [].into_iter(), wishes, Bytes::new()).await
}

/// What would be done with a repository that no host can reach yet: `lists` is a
/// `tar` archive of its `dists` folder.
pub(crate) async fn rehearse(
    host: Remote<'_>,
    arch: Arch,
    key: &str,
    lists: Bytes,
    wishes: &[Wish],
) -> Result<Simulation, StepError> {
    let script = format!("{PASSING}{WRITE}{REPOSITORY}{SURROUNDINGS}{UPDATE}{SIMULATE}");
    let environment = Environment::beside(arch, key);
    ask(host, &script, environment.arguments(), wishes, lists).await
}

async fn ask<'a>(
    host: Remote<'_>,
    script: &str,
    before: impl Iterator<Item = &'a str>,
    wishes: &'a [Wish],
    input: Bytes,
) -> Result<Simulation, StepError> {
    let arguments: Vec<&str> = before.chain(wishes.iter().map(Wish::as_str)).collect();
    let patient =
        |command: crate::transport::RemoteCommand| command.stdin(input).deadline(PATIENCE);
    let answer = host.run_with(TITLE, script, &arguments, patient).await?;
    parse::simulation(&answer).ok_or_else(|| host.odd_answer(TITLE, &answer))
}
