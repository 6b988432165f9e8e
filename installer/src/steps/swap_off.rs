//! Turns swap off: now, and at each start. Its lines in `/etc/fstab` get a mark
//! in front, by which `reset` finds and frees them.

use super::{Need, Outcome, StepContext, StepError};
use crate::{ledger::Thing, plan::SwapDevice};
use serde::{Deserialize, Serialize};

/// No swap on this host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwapOff {}

/// Answers with `on DEVICE` for swap in use and `line` for one in `/etc/fstab`.
const LOOK: &str = r#"
{ read -r heading || :; while read -r device rest; do echo "on $device"; done; } < /proc/swaps
[ ! -f /etc/fstab ] || grep -E '^[[:space:]]*[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)' /etc/fstab | sed 's/.*/line/'
"#;

/// A copy first, so that mode and owner stay what they are.
const OFF: &str = r"
swapoff -a
if [ -f /etc/fstab ]; then
  plain /etc/fstab
  cp -p /etc/fstab /etc/fstab.bottari-new
  sed -E 's/^[[:space:]]*[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]].*)?$/#bottari# &/' /etc/fstab > /etc/fstab.bottari-new
  if cmp -s /etc/fstab /etc/fstab.bottari-new; then rm /etc/fstab.bottari-new
  else keep /etc/fstab.bottari-new /etc/fstab
  fi
fi
";

struct Found {
    devices: Vec<SwapDevice>,
    lines: usize,
}

impl SwapOff {
    async fn look(cx: &StepContext<'_>) -> Result<Found, StepError> {
        let title = "look at swap";
        let answer = cx.host.run(title, LOOK, &[]).await?;
        let mut found = Found { devices: Vec::new(), lines: 0 };
        for line in answer.lines() {
            match line.strip_prefix("on ").map(str::parse) {
                Some(Ok(device)) => found.devices.push(device),
                None if line == "line" => found.lines += 1,
                _ => return Err(cx.host.odd_answer(title, &answer)),
            }
        }
        Ok(found)
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let found = Self::look(cx).await?;
        Ok(match (found.devices.first(), found.lines) {
            (Some(device), _) => Need::because(format!("swap is on: {device}")),
            (None, 0) => Need::Satisfied,
            (None, _) => Need::because("/etc/fstab would turn swap on at the next start"),
        })
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let Found { devices, .. } = Self::look(cx).await?;
        cx.intend([Thing::Swap { devices }]).await?;
        cx.host.run("turn swap off", OFF, &[]).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }
}
