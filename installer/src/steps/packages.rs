//! Installs Debian packages from the bundle with dpkg alone. What is installed
//! in an equal or newer version stays; settings people changed stay; nothing
//! that a package brings is started by it.

use super::{
    FileContent, Need, Outcome, StepContext, StepError, files,
    transient::{self, Job},
};
use crate::{
    ledger::Thing,
    plan::{DebVersion, PackageName},
};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, time::Duration};

/// Packages that go together: their dependencies are on the host or among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Packages {
    /// The packages.
    pub packages: Vec<Deb>,
    /// How long to wait for another package manager to end, in seconds.
    pub lock_seconds: u64,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Deb {
    /// Its name.
    pub name: PackageName,
    /// Its version, as dpkg compares it.
    pub version: DebVersion,
    /// Its file.
    pub content: FileContent,
}

/// Pairs of a name and a version. Answers with a word for each.
const LOOK: &str = r#"
while [ $# -gt 0 ]; do
  now=$(dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null) || now=
  case $now in
    ?i*) if dpkg --compare-versions "${now##* }" ge "$2"; then echo there
         else echo "older ${now##* }"; fi ;;
    ?c*) echo settings ;;
    ''|?n*) echo absent ;;
    *) echo broken ;;
  esac
  shift 2
done
"#;

/// Its arguments: name, version and file of each package; what is there already
/// is passed over. `policy-rc.d` answers the packages' wish to start something
/// with no; one that is not ours is left alone.
const INSTALL: &str = r#"
export DEBIAN_FRONTEND=noninteractive
count=$#
while [ "$count" -gt 0 ]; do
  now=$(dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null) || now=
  case $now in
    ?i*) dpkg --compare-versions "${now##* }" ge "$2" || set -- "$@" "$3" ;;
    *) set -- "$@" "$3" ;;
  esac
  shift 3
  count=$((count - 3))
done
[ $# -gt 0 ] || exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || grep -q '^# bottari' "$policy"; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\n# bottari\nexit 101\n' > "$policy"
  chmod 0755 "$policy"
fi
waited=0
while :; do
  said=$(dpkg --force-confdef --force-confold --refuse-downgrade --install "$@" 2>&1) && status=0 || status=$?
  printf '%s\n' "$said"
  case $status:$said in
    0:*) break ;;
    *'lock was locked'*) [ "$waited" -lt "$limit" ] || exit "$status" ;;
    *) exit "$status" ;;
  esac
  sleep 2
  waited=$((waited + 2))
done
"#;

/// What the host has of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Status {
    There,
    Older(String),
    Broken,
    Absent { had_settings: bool },
}

impl Status {
    fn parse(line: &str) -> Option<Self> {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["there"] => Some(Self::There),
            ["older", version] => Some(Self::Older(version.to_owned())),
            ["broken"] => Some(Self::Broken),
            ["absent"] => Some(Self::Absent { had_settings: false }),
            ["settings"] => Some(Self::Absent { had_settings: true }),
            _ => None,
        }
    }
}

impl Packages {
    async fn look(&self, cx: &StepContext<'_>) -> Result<Vec<(&Deb, Status)>, StepError> {
        let pairs: Vec<&str> = self
            .packages
            .iter()
            .flat_map(|deb| [deb.name.as_str(), deb.version.as_str()])
            .collect();
        let title = "look at packages";
        let answer = cx.host.run(title, LOOK, &pairs).await?;
        let found = answer.lines().map(Status::parse).collect::<Option<Vec<_>>>();
        match found.filter(|found| found.len() == self.packages.len()) {
            Some(found) => Ok(self.packages.iter().zip(found).collect()),
            None => Err(cx.host.odd_answer(title, &answer)),
        }
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let found = self.look(cx).await?;
        let wanting = found.into_iter().find(|(_, status)| *status != Status::There);
        Ok(wanting.map_or(Need::Satisfied, |(Deb { name, version, .. }, status)| match status {
            Status::Older(now) => Need::because(format!("{name} is {now}: expected {version}")),
            Status::Broken => Need::because(format!("{name} is installed in part")),
            _ => Need::because(format!("{name} is not installed")),
        }))
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let found = self.look(cx).await?;
        let new = |(deb, status): &(&Deb, Status)| match *status {
            Status::Absent { had_settings } => {
                Some(Thing::Package { package: deb.name.clone(), had_settings })
            }
            _ => None,
        };
        let things: Vec<Thing> = found.iter().filter_map(new).collect();
        for (deb, _) in found.iter().filter(|(_, status)| *status != Status::There) {
            files::stage(cx, &deb.content.ready(cx).await?).await?;
        }
        let script = self.script();
        let deadline = Duration::from_secs(600 + self.lock_seconds);
        let job = Job { script: &script, before_retry: None, deadline };
        transient::run(cx, job, things).await?;
        cx.host.run("remove uploads", "rm -rf \"$STATE/staging\"", &[]).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }

    /// The same text on every call, whatever the host has, so that a command
    /// that runs already is recognised.
    fn script(&self) -> String {
        let mut script = format!("limit={}\nset --", self.lock_seconds);
        for Deb { name, version, content } in &self.packages {
            let path = content.sha256().as_ref().map(files::staged).unwrap_or_default();
            let _ = write!(script, " {name} {version} {path}");
        }
        script + INSTALL
    }
}
