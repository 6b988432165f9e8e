//! The lock on a host: who works there. It is taken before the first change and
//! given back at the end; a run that was killed takes its own lock over.

use crate::{
    plan::RunId,
    steps::{Remote, StepError},
};

/// Who holds a lock, as they told the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// The operator and the machine they work on.
    pub operator: String,
    /// How long ago, in seconds, by the host's own clock.
    pub age_seconds: u64,
}

/// What came of asking for a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// It is ours.
    Ours,
    /// Somebody else has it.
    Held(Holder),
}

/// `$1` run, `$2` operator. The lock is written aside and then linked into its
/// place, which succeeds for one only and shows no half-written lock. It lies
/// where a start of the host empties: a dead run holds no restarted host.
const TAKE: &str = r#"
dir=/run/bottari
plain "$dir"
[ -d "$dir" ] || mkdir -p -m 0755 "$dir"
new=$dir/lock.new.$$
printf '%s\n' "$1" "$2" "$(date +%s)" > "$new"
if ln "$new" "$dir/lock" 2>/dev/null; then rm -f "$new"; echo ours; exit 0; fi
rm -f "$new"
{ read -r run && read -r operator && read -r since; } < "$dir/lock" || { echo again; exit 0; }
if [ "$run" = "$1" ]; then echo ours; exit 0; fi
echo held
printf '%s\n' "$run" "$operator" "$(($(date +%s) - since))"
"#;

/// `$1` run.
const RELEASE: &str = r#"
dir=/run/bottari
plain "$dir"
{ read -r run < "$dir/lock"; } 2>/dev/null || run=
if [ "$run" = "$1" ]; then rm -f "$dir/lock"; rmdir "$dir" 2>/dev/null || :; fi
"#;

const BREAK: &str = "plain /run/bottari; rm -f /run/bottari/lock";

/// Asks for the lock of a host.
pub async fn take(host: Remote<'_>, run: &RunId, operator: &str) -> Result<Locked, StepError> {
    let title = "take the lock";
    // It is one line of the lock, and may hold what people put into names.
    let operator: String = operator.chars().filter(|c| !c.is_control()).take(100).collect();
    for _ in 0..3 {
        let answer = host.run(title, TAKE, &[run.as_str(), &operator]).await?;
        match answer.lines().collect::<Vec<_>>()[..] {
            ["ours"] => return Ok(Locked::Ours),
            ["held", run, operator, age] => {
                let age_seconds = age.parse().unwrap_or(0);
                let (run, operator) = (run.to_owned(), operator.to_owned());
                return Ok(Locked::Held(Holder { run, operator, age_seconds }));
            }
            // Given back between two lines of the script.
            ["again"] => {}
            _ => return Err(host.odd_answer(title, &answer)),
        }
    }
    Err(host.odd_answer(title, "the lock comes and goes"))
}

/// Gives the lock back. One that is not ours stays.
pub async fn release(host: Remote<'_>, run: &RunId) -> Result<(), StepError> {
    host.run("give the lock back", RELEASE, &[run.as_str()]).await.map(drop)
}

/// Breaks a lock, whoever holds it. For an operator who knows that the holder
/// is gone: a run whose lock is broken can change nothing more.
pub async fn break_lock(host: Remote<'_>) -> Result<(), StepError> {
    host.run("break the lock", BREAK, &[]).await.map(drop)
}
