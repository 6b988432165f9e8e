//! A memory cgroup around a process: what it holds, the page cache for its files
//! counted too, stays below a limit, or the kernel ends it. The group lies below the
//! one of whoever measures, or beside it where version 2 wants that; it is removed
//! at the end.

use crate::problem::{Result, at};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
    thread::sleep,
    time::Duration,
};

/// How often removing is tried: a process that has ended leaves a moment later.
const TRIES: usize = 200;

/// The two versions name their files differently.
#[derive(Debug)]
struct Words {
    base: &'static str,
    limit: &'static str,
    /// Nothing is swapped instead when it is 0; absent on kernels that cannot swap. A
    /// limit for both in version 1 would take the hits away from the count below.
    swap: &'static str,
    peak: &'static str,
    /// Where it is counted how often the limit was met, behind which word.
    hits: (&'static str, &'static str),
    kills: (&'static str, &'static str),
}

const FIRST: Words = Words {
    base: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    swap: "memory.swappiness",
    peak: "memory.max_usage_in_bytes",
    hits: ("memory.failcnt", ""),
    kills: ("memory.oom_control", "oom_kill "),
};

const SECOND: Words = Words {
    base: "/sys/fs/cgroup",
    limit: "memory.max",
    swap: "memory.swap.max",
    peak: "memory.peak",
    hits: ("memory.events", "max "),
    kills: ("memory.events", "oom_kill "),
};

/// A group with a limit; removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Fence {
    folder: PathBuf,
    words: &'static Words,
}

/// What the kernel counted in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Account {
    /// Most bytes at one time, with page cache; none where the kernel does not say.
    pub(crate) max_usage: Option<u64>,
    /// How often the limit was met, and page cache given back for it.
    pub(crate) failcnt: Option<u64>,
    /// Processes that were ended, because nothing could be given back.
    pub(crate) killed: Option<u64>,
}

impl Fence {
    /// A new group with a limit in bytes; none where this machine lets us make none.
    pub(crate) fn build(name: &str, limit: u64) -> Option<Self> {
        let (words, own) = own_group(&fs::read_to_string("/proc/self/cgroup").ok()?)?;
        // In version 2 a group with processes cannot share out memory, one above can.
        let mut places = own.ancestors().take_while(|place| place.starts_with(words.base));
        places.find_map(|place| {
            let folder = place.join(format!("bottari-bench-{}-{name}", process::id()));
            fs::create_dir(&folder).ok()?;
            // Dropped, so removed, where it cannot have a limit.
            let fence = Self { folder, words };
            fence.limit(limit).ok().map(|()| fence)
        })
    }

    /// The same command within the group, under the same process id. It takes over
    /// only the environment that the command sets itself.
    pub(crate) fn around(&self, command: &Command) -> Command {
        let mut fenced = Command::new("sh");
        fenced.args(["-c", "echo $$ >\"$0\" && exec \"$@\""]).arg(self.file("cgroup.procs"));
        fenced.arg(command.get_program()).args(command.get_args()).env_clear();
        fenced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            fenced.current_dir(folder);
        }
        fenced
    }

    /// What was counted so far.
    pub(crate) fn account(&self) -> Account {
        let Words { peak, hits, kills, .. } = self.words;
        let count = |(file, word)| number(&fs::read_to_string(self.file(file)).ok()?, word);
        Account { max_usage: count((peak, "")), failcnt: count(*hits), killed: count(*kills) }
    }

    fn limit(&self, bytes: u64) -> Result<()> {
        // What is not there is not made: these are no files of a disk.
        let set = |file: PathBuf, number: u64| match file.exists() {
            true => fs::write(&file, number.to_string()).map_err(at(&file)),
            false => Err(format!("`{}` is missing", file.display()).into()),
        };
        let _without = set(self.file(self.words.swap), 0);
        set(self.file(self.words.limit), bytes)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            sleep(Duration::from_millis(5));
        }
    }
}

/// The memory group of this process, from `/proc/self/cgroup`. Where version 1 has
/// memory, version 2 beside it has not.
fn own_group(text: &str) -> Option<(&'static Words, PathBuf)> {
    let groups = text.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let groups: Vec<_> = groups.collect();
    let first = groups.iter().find(|(names, _)| names.split(',').any(|name| name == "memory"));
    let second = groups.iter().find(|(names, _)| names.is_empty());
    let (words, (_, path)) =
        first.map(|group| (&FIRST, group)).or_else(|| Some((&SECOND, second?)))?;
    Some((words, Path::new(words.base).join(path.trim_start_matches('/'))))
}

/// The number behind a word at the start of a line.
fn number(text: &str, word: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(word)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use journeys::stock;

    #[test]
    fn version_one_goes_first_where_both_are() {
        let group = |text| own_group(text).map(|(words, path)| (words.limit, path));
        let first = Some((FIRST.limit, PathBuf::from("/sys/fs/cgroup/memory/a/b")));
        assert_eq!(group("8:pids:/\n4:memory:/a/b\n0::/\n"), first);
        let second = Some((SECOND.limit, PathBuf::from("/sys/fs/cgroup/user.slice/x")));
        assert_eq!(group("0::/user.slice/x\n"), second);
        assert_eq!(group(""), None);
    }

    #[test]
    fn counts_are_found_behind_their_words() {
        assert_eq!(number("low 0\nmax 12\noom_kill 3\n", "max "), Some(12));
        assert_eq!(number("4096\n", ""), Some(4096));
        assert_eq!(number("low 0\n", "max "), None);
    }

    #[test]
    fn a_process_cannot_leave_its_limit() {
        let Some(fence) = Fence::build("test", 8 << 20) else {
            return stock::skipped("no memory group can be made here");
        };
        let succeeds = |script: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).env("PATH", "/usr/bin:/bin");
            fence.around(&shell).output().unwrap().status.success()
        };
        assert!(succeeds("head -c 64M /dev/zero | wc -c"), "little at a time is allowed");
        assert!(!succeeds("head -c 64M /dev/zero | tail -c 48M | wc -c | grep -x 50331648"));
        assert!(fence.account().killed > Some(0), "{:?}", fence.account());
        let folder = fence.folder.clone();
        drop(fence);
        assert!(!folder.exists());
    }
}
