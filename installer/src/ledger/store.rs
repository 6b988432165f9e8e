//! Reads and writes the ledger on its host.

use super::{LARGEST, Ledger};
use crate::{
    plan::RunId,
    steps::{Remote, StepError},
};

/// Where it lies.
pub(crate) const LEDGER: &str = "/var/lib/bottari/ledger.json";

const NOT_OURS: i32 = 74;
const GONE: i32 = 72;

/// `$1` the run, or nothing when no lock is needed; the ledger on the input.
/// Nobody whose lock was broken may write, and so nobody may change anything.
const WRITE: &str = r#"
plain "$STATE/ledger.json"
if [ -n "$1" ]; then
  [ -f /run/bottari/lock ] || exit 72
  read -r run < /run/bottari/lock || :
  [ "$run" = "$1" ] || exit 74
fi
[ -d "$STATE" ] || mkdir -p -m 0700 "$STATE"
cat > "$STATE/ledger.json.new"
keep "$STATE/ledger.json.new" "$STATE/ledger.json"
"#;

/// The ledger of one host, and what of it is on that host's disk.
#[derive(Debug, Clone, Default)]
pub struct LedgerFile {
    /// The ledger.
    pub ledger: Ledger,
    stored: Option<Ledger>,
}

impl LedgerFile {
    /// Reads the ledger of a host; that of a host without one is empty.
    pub async fn load(host: Remote<'_>) -> Result<Self, StepError> {
        let path = LEDGER.parse().expect("the ledger has a plain path");
        let bytes = host.transport.read_file(&path, LARGEST as u64).await?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let failed = |source| StepError::Ledger { host: host.name.clone(), source };
        let ledger = Ledger::parse(&text).map_err(failed)?;
        Ok(Self { stored: Some(ledger.clone()), ledger })
    }

    /// Writes the ledger when it has changed. `run` has to hold the lock.
    pub async fn save(&mut self, host: Remote<'_>, run: Option<&RunId>) -> Result<(), StepError> {
        if self.stored.as_ref() == Some(&self.ledger) {
            return Ok(());
        }
        let (title, json) = ("write the ledger", self.ledger.to_json());
        let run = run.map_or("", RunId::as_str);
        let written = host.try_with(title, WRITE, &[run], |command| command.stdin(json)).await?;
        match written {
            (0, _) => self.stored = Some(self.ledger.clone()),
            (NOT_OURS, _) => return Err(StepError::LockLost { host: host.name.clone() }),
            (GONE, _) => return Err(StepError::LockGone { host: host.name.clone() }),
            (status, (_, said)) => {
                let (host, title) = (host.name.clone(), title.to_owned());
                return Err(StepError::script(host, title, status, said));
            }
        }
        Ok(())
    }
}
