//! Fuzzing with the stable compiler, as an ordinary test: inputs are made from a
//! corpus, run for a while, and kept when something new came of them.
//!
//! Compared with cargo-fuzz (needs a nightly compiler), honggfuzz and afl (C programs
//! to build first) and bolero (as an ordinary test it replays a corpus and draws
//! random bytes; what mutates a corpus is a program of its own). None of them knows
//! of the two things that matter here besides a panic: memory and time. So each
//! target runs in a process of its own that the kernel limits, and the input it was
//! at when it ended lies in a file.

mod mutate;

use mutate::Mutator;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashSet,
    env,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Set in the process that runs a target, to the folder where it notes its input.
const AT: &str = "BOTTARI_FUZZ_AT";

/// The file with the input that is running.
const INPUT: &str = "input";

/// Asks for new inputs to be kept in the corpus.
const KEEP: &str = "BOTTARI_FUZZ_KEEP";

/// Asks for a long run, as for all other faults.
const EFFORT: &str = "BOTTARI_FAULTS";

/// How long a target runs.
const SHORT: Duration = Duration::from_millis(1500);
const LONG: Duration = Duration::from_mins(1);

/// How long one input may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(10);

/// Address space of the process, in KiB: some threads, and the largest header often.
const MEMORY: u64 = 1 << 20;

/// Inputs that are longer are cut.
const LONGEST: usize = 1 << 18;

/// Most inputs that are mutated further.
const POOL: usize = 2000;

/// What is thrown at a parser at first.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// A folder of files; it may be missing.
    pub folder: PathBuf,
    /// Real inputs, made anew in each run.
    pub seeds: Vec<Vec<u8>>,
    /// Words that the parser knows.
    pub words: Vec<Vec<u8>>,
}

/// Runs a target on inputs made of a corpus. It gives a text that says what came of an
/// input, without what differs every time, and panics when a promise is broken.
///
/// To be called by a test, and by nothing else in it: the same test runs once more in
/// the process that is limited.
pub fn fuzz(corpus: impl FnOnce() -> Corpus, target: impl Fn(&[u8]) -> String) {
    match env::var_os(AT) {
        Some(folder) => run(&PathBuf::from(folder), &corpus(), target),
        None => watch(),
    }
}

/// The name of the running test, as its runner knows it.
fn test() -> String {
    thread::current().name().expect("the test runner names its threads").to_owned()
}

fn budget() -> Duration {
    if env::var_os(EFFORT).is_some() { LONG } else { SHORT }
}

/// Starts the limited process and waits for its end.
fn watch() {
    let (test, folder) = (test(), tempfile::tempdir().expect("a folder can be made"));
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v $0 && exec \"$@\"", &MEMORY.to_string()]);
    command.arg(env::current_exe().expect("it runs"));
    command.args(["--exact", &test, "--nocapture", "--test-threads", "1"]);
    command.env(AT, folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let said = File::create(folder.path().join("said")).expect("the folder is ours");
    let end = wait(command.stderr(said).spawn().expect("there is a shell"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let done = read("done");
    let is_well = end == Some(0) && !done.is_empty();
    assert!(is_well, "{}", failure(&test, end, folder.path(), &read("said")));
    // A closed terminal is no reason to fail.
    let _said = writeln!(io::stderr(), "\nFAULTS: fuzzing {test}: {done}\n");
}

/// The exit code; none when it had to be killed or was.
fn wait(mut child: Child) -> Option<i32> {
    let deadline = Instant::now() + budget() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _gone = child.kill().and_then(|()| child.wait());
    None
}

/// Keeps the input that was running, and says where.
fn failure(test: &str, end: Option<i32>, folder: &Path, said: &str) -> String {
    let input = noted(&folder.join(INPUT)).unwrap_or_default();
    let name = format!("fuzz-{}-{}", test.replace("::", "-"), name_of(&input));
    let path = env::temp_dir().join(name);
    let kept = fs::write(&path, input).map(|()| path.display().to_string());
    format!("{test} ended with {end:?} on the input in {kept:?}: {said}")
}

fn name_of(input: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(input).into();
    manifests::Digest::from_sha256(&digest).hex()[..16].to_owned()
}

/// Notes the input that comes next, in front of what is left of longer ones: a file
/// of its own for each would take longer than most targets.
fn note(file: &File, input: &[u8]) -> io::Result<()> {
    file.write_all_at(&[&(input.len() as u64).to_le_bytes()[..], input].concat(), 0)
}

/// The input that was noted last.
fn noted(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    let (len, rest) = bytes.split_first_chunk()?;
    Some(rest.get(..usize::try_from(u64::from_le_bytes(*len)).ok()?)?.to_vec())
}

/// All inputs of the corpus, then new ones until the time is over.
fn run(folder: &Path, corpus: &Corpus, target: impl Fn(&[u8]) -> String) {
    let mut outcomes = HashSet::new();
    let file = File::create(folder.join(INPUT)).expect("the folder is ours");
    let mut meet = |input: &[u8]| -> bool {
        note(&file, input).expect("the folder is ours");
        let start = Instant::now();
        let outcome = target(input);
        assert!(start.elapsed() < PATIENCE, "it took {:?}", start.elapsed());
        outcomes.insert(outcome)
    };
    let mut pool = files(&corpus.folder);
    pool.extend(corpus.seeds.iter().cloned());
    for input in &pool {
        meet(input);
    }
    let (mut mutator, mut inputs) = (Mutator::new(&corpus.words), pool.len());
    let end = Instant::now() + budget();
    while Instant::now() < end {
        let mut input = mutator.next(&pool);
        input.truncate(LONGEST);
        inputs += 1;
        if meet(&input) && pool.len() < POOL {
            keep(&corpus.folder, &input);
            pool.push(input);
        }
    }
    let done = format!("{inputs} inputs, {} different outcomes", outcomes.len());
    fs::write(folder.join("done"), done).expect("the folder is ours");
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// Adds a small input to the corpus when somebody asked for that.
fn keep(folder: &Path, input: &[u8]) {
    if env::var_os(KEEP).is_some() && input.len() <= 2048 {
        fs::create_dir_all(folder).expect("the corpus can be written");
        fs::write(folder.join(name_of(input)), input).expect("the corpus can be written");
    }
}

/// A text without what differs every time: its numbers. Long ones are cut.
pub fn gist(text: &str) -> String {
    let mut gist = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if !(c == '#' && gist.ends_with('#')) {
            gist.push(c);
        }
    }
    gist.truncate(gist.floor_char_boundary(300));
    gist
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_every_time_is_not_in_the_gist() {
        assert_eq!(gist("byte 17 of 4096: x"), gist("byte 3 of 1: x"));
        assert_ne!(gist("a"), gist("b"));
    }
}
