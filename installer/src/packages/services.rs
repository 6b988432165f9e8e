//! What packages do with services when they come, put right: a package enables
//! what it brings, which would start with the machine. Only what the release
//! says starts.

use crate::{
    plan::PackageName,
    steps::{Remote, StepError},
};
use manifests::packages::ServiceName;

/// `$1` services that may start, with blanks around each; then packages that are
/// new. A service that runs was started by somebody, and stays.
const SETTLE: &str = r#"
start=$1
shift
systemctl daemon-reload
for package; do
  dpkg-query -L "$package" 2>/dev/null || :
done | sed -n -e 's#^\(/usr\)\{0,1\}/lib/systemd/system/\([^/]*[^/@]\.\(service\|socket\)\)$#\2#p' \
  -e 's#^/etc/init\.d/\([^/]*\)$#\1.service#p' | sort -u | while read -r unit; do
  case $start in *" $unit "*) continue ;; esac
  if [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ] && ! systemctl is-active -q "$unit"; then
    systemctl disable -q "$unit"
    echo "disabled $unit"
  fi
done
for unit in $start; do
  for package; do
    if dpkg-query -L "$package" 2>/dev/null | grep -q "^\(/usr\)\{0,1\}/lib/systemd/system/$unit\$"; then
      systemctl enable -q --now "$unit"
      echo "started $unit"
    fi
  done
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
    host.run("leave new services alone", SETTLE, &arguments).await
}
