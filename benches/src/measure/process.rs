//! Runs a command to its end and says what it took.

use super::{Peak, Sample, io::written_bytes};
use crate::{
    problem::{Result, at},
    servers::SentBytes,
};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How often its end is looked for: what a time can be wrong by.
const LOOK: Duration = Duration::from_micros(500);
/// How often memory of the one process is looked at; of many it takes longer.
const SAMPLE: [Duration; 2] = [Duration::from_millis(4), Duration::from_millis(25)];

/// Runs a command that must succeed; what it says goes into a file. `servers` are
/// asked what they sent meanwhile. A script is a job of many processes.
pub(crate) fn measure(
    command: &mut Command,
    talk: &Path,
    servers: &[&dyn SentBytes],
) -> Result<Sample> {
    let before = sent(servers)?;
    let out = File::create(talk).map_err(at(talk))?;
    command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out).process_group(0);
    let is_script = command.get_program() == "bash";
    let began = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let (mut peak, mut next) = (Peak::default(), began);
    while !has_ended(child.id()) {
        if Instant::now() >= next {
            peak.look(child.id(), is_script);
            next = Instant::now() + SAMPLE[usize::from(is_script)];
        }
        sleep(LOOK);
    }
    let seconds = began.elapsed().as_secs_f64();
    let written = written_bytes(child.id());
    let status = child.wait()?;
    if !status.success() {
        let said = fs::read_to_string(talk).unwrap_or_default();
        return Err(format!("{command:?} ended with {status}: {said}").into());
    }
    let fetched = sent(servers)? - before;
    Ok(Sample { seconds, written: written?, fetched, peak, errors: 0 })
}

/// Whether a child has ended; it stays until it is waited for.
fn has_ended(process: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    text.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z'))
}

fn sent(servers: &[&dyn SentBytes]) -> Result<u64> {
    servers.iter().map(|server| server.sent_bytes()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_a_script_count_for_what_it_writes() {
        let folder = tempfile::tempdir().unwrap();
        let script = "head -c 3000000 /dev/zero >a; head -c 2000000 /dev/zero | cat >b";
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(folder.path());
        let sample = measure(&mut command, &folder.path().join("talk"), &[]).unwrap();
        // Some file systems of tests live in memory and count nothing.
        assert!(sample.written >= 5_000_000 || sample.written == 0, "{sample:?}");
        assert!(sample.seconds > 0.0);
    }

    #[test]
    fn a_failure_says_what_the_command_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", "echo no such luck >&2; exit 3"]);
        let error = measure(&mut command, &folder.path().join("talk"), &[]).unwrap_err();
        assert!(error.to_string().contains("no such luck"), "{error}");
    }
}
