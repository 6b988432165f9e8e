//! What a running server takes over without a restart: a renewed certificate,
//! other users. Looked for every second, and at once when somebody asks.
//! What cannot be used is told and left; the one from before stays.

use super::{
    access::Access, access_log::AccessLog, manager, tls::Tls, users::Users, watched::Watched,
};
use manifests::{
    event::{Event, Reporter},
    with_causes,
};
use std::{error::Error, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

/// How often files are looked at. A change is taken at the second look that finds
/// the same files.
const LOOK: Duration = Duration::from_secs(1);

/// Something that can be read again.
type Again = Box<dyn FnMut() -> Result<String, Box<dyn Error>> + Send>;

/// Files, and what is done when they change.
struct Task {
    files: Watched,
    /// What it says when nothing comes of it.
    else_text: &'static str,
    again: Again,
}

/// Everything that is kept up to date.
pub(crate) struct Upkeep {
    tasks: Vec<Task>,
    reporter: Arc<dyn Reporter>,
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upkeep").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}

impl Upkeep {
    /// Made before anything is read, so that no change is missed.
    pub(crate) fn new(reporter: Arc<dyn Reporter>) -> Self {
        Self { tasks: Vec::new(), reporter }
    }

    /// Shows a new certificate when `files`, looked at before, change.
    pub(crate) fn tls(&mut self, files: Watched, tls: Arc<Tls>) {
        let else_text = "the certificate from before is shown on";
        let again = Box::new(move || Ok(tls.reload()?));
        self.tasks.push(Task { files, else_text, again });
    }

    /// Takes other users when `files`, looked at before, change.
    pub(crate) fn users(&mut self, files: Watched, path: PathBuf, access: Arc<Access>) {
        let else_text = "the users from before stay";
        let again = Box::new(move || {
            let users = Users::read(&path)?;
            let count = console::text::count(users.count() as u64, "user", "users");
            access.replace(users);
            Ok(format!("read `{}` again: {count}", path.display()))
        });
        self.tasks.push(Task { files, else_text, again });
    }

    /// Opens the access log again when somebody asks.
    pub(crate) fn access_log(&mut self, log: AccessLog) {
        let else_text = "lines go on to where they went before";
        let again = Box::new(move || Ok(log.reopen()?));
        self.tasks.push(Task { files: Watched::new(Vec::new()), else_text, again });
    }

    /// Looks after everything until nobody can ask any more, which is at the
    /// server's end. Passes on to whoever looks after the bundles that somebody asked.
    pub(crate) async fn run(mut self, mut asked: mpsc::Receiver<()>, bundles: Arc<Notify>) {
        let mut clock = interval(LOOK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let at_once = tokio::select! {
                _ = clock.tick() => false,
                asked = asked.recv() => match asked {
                    Some(()) => true,
                    None => return,
                },
            };
            if at_once {
                bundles.notify_one();
            }
            let look = spawn_blocking(move || {
                self.look(at_once);
                self
            });
            let Ok(back) = look.await else { return };
            self = back;
        }
    }

    fn look(&mut self, at_once: bool) {
        if at_once {
            manager::reloading();
            self.look_at_all(true);
            manager::ready();
        } else {
            self.look_at_all(false);
        }
    }

    fn look_at_all(&mut self, at_once: bool) {
        for task in &mut self.tasks {
            if at_once {
                task.files.taken();
            } else if !task.files.changed() {
                continue;
            }
            let event = match (task.again)() {
                Ok(text) => Event::Notice { text },
                Err(error) => {
                    let text = format!("{}; {}", with_causes(&*error), task.else_text);
                    Event::Warning { text }
                }
            };
            self.reporter.report(&event);
        }
    }
}
