//! What packages do with services when they come, put right: a package enables
//! what it brings, which would start with the machine. Only what the release
//! says starts.

use crate::{
    plan::PackageName,
    steps::{Remote, StepError},
};
use manifests::packages::ServiceName;

/// What of a package systemd can start, and its scripts of the old kind.
const UNITS: &str = r#"
units() {
  dpkg-query -L "$1" 2>/dev/null |
    sed -n -e 's#^\(/usr\)\{0,1\}/lib/systemd/system/\([^/]*[^/@]\.\(service\|socket\|timer\|path\|target\)\)$#\2#p' \
      -e 's#^/etc/init\.d/\([^/]*\)$#\1.service#p' | sort -u
}
"#;

/// `$1` services that may start, with blanks around each; then packages that are
/// new. None of them was there before, so what runs was started by the packages,
/// as after a power cut, when the host starts what they have enabled.
const SETTLE: &str = r#"
start=$1
shift
systemctl daemon-reload
for package; do units "$package"; done | while read -r unit; do
  case $start in *" $unit "*) continue ;; esac
  if [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ]; then
    systemctl disable -q --now "$unit"
    echo "disabled $unit"
  fi
done
for unit in $start; do
  for package; do
    if units "$package" | grep -qxF "$unit"; then
      systemctl enable -q --now "$unit"
      echo "started $unit"
    fi
  done
done
"#;

/// Packages that were raised. Answers with their services that have a program at
/// work; one that has done its work and ended has none to be outdated.
const RUNNING: &str = r#"
for package; do units "$package"; done | sort -u | while read -r unit; do
  case $(systemctl show -p MainPID --value "$unit") in ''|0) ;; *) echo "$unit" ;; esac
done
"#;

/// Disables the services of new packages, and starts those that may start.
/// Returns what was done, one unit on a line.
pub(crate) async fn settle(
    host: Remote<'_>,
    new: &[PackageName],
    start: &[ServiceName],
) -> Result<String, StepError> {
    let units: Vec<_> = start.iter().map(ServiceName::as_str).collect();
    let start = format!(" {} ", units.join("  "));
    let arguments: Vec<&str> =
        std::iter::once(start.as_str()).chain(new.iter().map(PackageName::as_str)).collect();
    host.run("leave new services alone", &format!("{UNITS}{SETTLE}"), &arguments).await
}

/// Services that run the program of before, because their packages were raised.
pub(crate) async fn outdated(
    host: Remote<'_>,
    raised: &[PackageName],
) -> Result<Vec<String>, StepError> {
    let names: Vec<&str> = raised.iter().map(PackageName::as_str).collect();
    let script = format!("{UNITS}{RUNNING}");
    let answer = host.run("look at the services of raised packages", &script, &names).await?;
    Ok(answer.lines().map(str::to_owned).collect())
}

/// What to tell of them. Some hold the host itself: who is connected through them
/// would be cut off, so their turn comes with the next start.
pub(crate) fn advice(outdated: &[String]) -> String {
    let (host, alone): (Vec<&str>, Vec<&str>) =
        outdated.iter().map(String::as_str).partition(|unit| holds_the_host(unit));
    let alone = (!alone.is_empty()).then(|| format!("`systemctl restart {}`", alone.join(" ")));
    let host = (!host.is_empty())
        .then(|| format!("the host is restarted, when convenient ({})", host.join(" ")));
    let until: Vec<String> = host.into_iter().chain(alone).collect();
    format!(
        "packages of running services were raised; they run the old programs until {}",
        until.join(", the others until ")
    )
}

fn holds_the_host(unit: &str) -> bool {
    let names = ["dbus.service", "dbus-broker.service", "networking.service", "nftables.service"];
    let families = ["systemd-", "NetworkManager", "ifup@", "wpa_supplicant", "user@"];
    names.contains(&unit) || families.iter().any(|family| unit.starts_with(family))
}
