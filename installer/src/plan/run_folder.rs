//! The folder a run lives in, on the operator's machine: the plan and the
//! journal. One installer at a time works in it; others may look.

use super::{Plan, PlanError};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal.jsonl";

/// A run's folder; ours as long as this value lives, unless it was opened to
/// look only.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    // Held for the lock on it.
    _folder: File,
    busy: bool,
}

/// What to do when an unfinished run was made for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replan {
    /// Refuse, so that nobody mixes two bundles on one cluster by accident.
    Refuse,
    /// Forget the old plan; what it placed is found on the hosts.
    Allow,
}

/// Which plan a command walks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// The one that was begun.
    Stored(Plan),
    /// The one just made.
    Fresh(Plan),
}

impl RunFolder {
    /// Opens the folder, makes it when it is not there, and locks it.
    pub fn open(path: &Path) -> Result<Self, PlanError> {
        let opened = fs::create_dir_all(path).and_then(|()| File::open(path));
        let folder = opened.map_err(|source| failed(path, source))?;
        match folder.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _folder: folder, busy: false }),
            Err(TryLockError::WouldBlock) => Err(PlanError::Busy { folder: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(path, source)),
        }
    }

    /// Opens the folder to read what is in it, whoever works there. Nobody has
    /// to wait for whoever looks.
    pub fn look(path: &Path) -> Result<Self, PlanError> {
        let opened = fs::create_dir_all(path).and_then(|()| File::open(path));
        let folder = opened.map_err(|source| failed(path, source))?;
        let busy = matches!(folder.try_lock_shared(), Err(TryLockError::WouldBlock));
        folder.unlock().map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), _folder: folder, busy })
    }

    /// Whether somebody worked in it when we began to look.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the journal is, or will be.
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// The stored plan, when there is one.
    pub fn plan(&self) -> Result<Option<Plan>, PlanError> {
        let path = self.path.join(PLAN);
        match fs::read_to_string(&path) {
            Ok(text) => Plan::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed(&path, source)),
        }
    }

    /// Stores a plan and starts its journal anew. The old journal goes first: a
    /// plan without a journal is a run that has not begun, and that is true.
    pub fn begin(&self, plan: &Plan) -> Result<(), PlanError> {
        let journal = self.journal();
        match fs::remove_file(&journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&journal, error));
            }
            _ => {}
        }
        let path = self.path.join(PLAN);
        self.write(&path, &plan.to_json()).map_err(|source| failed(&path, source))
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(&self.path)?.sync_all()
    }
}

/// Decides between the plan of an unfinished run and the one just made. The
/// unfinished one goes on when it is for the same bundle and cluster file.
pub fn choose(
    folder: &Path,
    unfinished: Option<Plan>,
    fresh: Plan,
    replan: Replan,
) -> Result<Chosen, PlanError> {
    let Some(stored) = unfinished else { return Ok(Chosen::Fresh(fresh)) };
    match (changes(&stored, &fresh), replan) {
        (None, _) => Ok(Chosen::Stored(stored)),
        (Some(_), Replan::Allow) => Ok(Chosen::Fresh(fresh)),
        (Some(what), Replan::Refuse) => Err(PlanError::Changed { what, folder: folder.to_owned() }),
    }
}

fn changes(stored: &Plan, fresh: &Plan) -> Option<String> {
    let pairs = [
        ("the cluster's name", stored.cluster != fresh.cluster),
        ("the bundle", stored.bundle != fresh.bundle),
        ("the cluster file", stored.cluster_file != fresh.cluster_file),
    ];
    let changed: Vec<_> =
        pairs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect();
    (!changed.is_empty()).then(|| changed.join(" and "))
}

fn failed(path: &Path, source: io::Error) -> PlanError {
    PlanError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan, step};
    use super::*;
    use manifests::{ExitCode, Failure};

    fn other_bundle() -> Plan {
        let mut plan = plan(vec![step("a/x/one", &[])]);
        plan.bundle = format!("sha256:{}", "ff".repeat(32)).parse().unwrap();
        plan
    }

    #[test]
    fn a_plan_is_stored_and_read_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(&home.path().join("runs/one")).unwrap();
        assert_eq!(folder.plan().unwrap(), None);
        let plan = plan(vec![step("a/x/one", &[])]);
        fs::write(folder.journal(), "old").unwrap();
        folder.begin(&plan).unwrap();
        assert_eq!(folder.plan().unwrap(), Some(plan));
        assert!(!folder.journal().exists());
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    #[test]
    fn two_installers_cannot_work_in_one_folder() {
        let home = tempfile::tempdir().unwrap();
        let first = RunFolder::open(home.path()).unwrap();
        let error = RunFolder::open(home.path()).unwrap_err();
        assert!(matches!(error, PlanError::Busy { .. }), "{error}");
        drop(first);
        RunFolder::open(home.path()).unwrap();
    }

    #[test]
    fn whoever_looks_neither_waits_nor_is_waited_for() {
        let home = tempfile::tempdir().unwrap();
        assert!(!RunFolder::look(home.path()).unwrap().is_busy());
        let working = RunFolder::open(home.path()).unwrap();
        let looking = RunFolder::look(home.path()).unwrap();
        assert!(looking.is_busy());
        drop(working);
        RunFolder::open(home.path()).unwrap();
    }

    #[test]
    fn an_unfinished_run_goes_on_only_with_what_it_began_with() {
        let stored = plan(vec![step("a/x/one", &[])]);
        let same = plan(vec![step("a/x/two", &[])]);
        let choose =
            |unfinished, fresh, replan| choose(Path::new("run"), unfinished, fresh, replan);
        let went_on = choose(Some(stored.clone()), same.clone(), Replan::Refuse).unwrap();
        assert_eq!(went_on, Chosen::Stored(stored.clone()));
        let error = choose(Some(stored.clone()), other_bundle(), Replan::Refuse).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a run in `run` is not finished, and the bundle has changed since it began"
        );
        assert_eq!(error.exit_code(), ExitCode::Input);
        let replanned = choose(Some(stored), other_bundle(), Replan::Allow).unwrap();
        assert_eq!(replanned, Chosen::Fresh(other_bundle()));
        assert_eq!(choose(None, same.clone(), Replan::Refuse).unwrap(), Chosen::Fresh(same));
    }
}
