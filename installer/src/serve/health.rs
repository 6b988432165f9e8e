//! Whether the served bytes are still those that were signed. Two look: a
//! background pass over every bundle, and every read for a client.

use super::live;
use bundles::{Bundle, BundleError};
use manifests::{
    event::{Event, Reporter},
    with_causes,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// What is known about the bundles so far.
#[derive(Debug)]
pub(crate) struct Health {
    reporter: Arc<dyn Reporter>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bundles: Vec<Arc<Watching>>,
    damage: BTreeSet<String>,
}

/// A bundle, and how far it was verified.
#[derive(Debug)]
struct Watching {
    bundle: Bundle,
    checked_bytes: AtomicU64,
    /// Whether all of it was looked at.
    done: AtomicBool,
    intact: AtomicBool,
}

/// The same for others to show.
#[derive(Debug, Clone)]
pub(crate) struct BundleState {
    pub(crate) release: String,
    pub(crate) version: String,
    pub(crate) serial: u64,
    pub(crate) bytes: u64,
    pub(crate) checked_bytes: u64,
    pub(crate) intact: bool,
}

impl Health {
    /// Nothing is known yet.
    pub(crate) fn new(bundles: &[Bundle], reporter: Arc<dyn Reporter>) -> Self {
        let bundles = bundles.iter().cloned().map(Watching::new).collect();
        let state = State { bundles, damage: BTreeSet::new() };
        Self { reporter, state: Mutex::new(state) }
    }

    /// Takes note of damage, and says so aloud the first time.
    pub(crate) fn report(&self, error: &dyn std::error::Error) {
        let text = with_causes(error);
        if self.state().damage.insert(text.clone()) {
            self.reporter.report(&Event::Warning { text });
        }
    }

    /// The same, of a bundle that may have gone while it was verified: then it matters
    /// no more.
    fn report_of(&self, watching: &Watching, error: &dyn std::error::Error) {
        let text = with_causes(error);
        let mut state = self.state();
        let is_served = state.bundles.iter().any(|one| std::ptr::eq(&raw const **one, watching));
        if is_served && state.damage.insert(text.clone()) {
            drop(state);
            self.reporter.report(&Event::Warning { text });
        }
    }

    /// Verifies every bundle on a thread of its own, one chunk at a time so that
    /// clients hardly notice.
    pub(crate) fn watch(self: &Arc<Self>) -> std::io::Result<()> {
        let (health, bundles) = (Arc::clone(self), self.state().bundles.clone());
        let name = "verify".to_owned();
        thread::Builder::new()
            .name(name)
            .spawn(move || bundles.iter().for_each(|bundle| health.verify(bundle)))
            .map(|_| ())
    }

    /// These are served from now on; those that were checked meanwhile are known to
    /// be intact. What was wrong with others matters no more.
    pub(crate) fn replace(&self, bundles: &[Bundle], checked: Vec<Checked>) {
        let mut state = self.state();
        let mut known: Vec<_> = checked.into_iter().map(|Checked(watching)| watching).collect();
        known.append(&mut state.bundles);
        let is = |watching: &Arc<Watching>, bundle: &Bundle| {
            watching.bundle.path() == bundle.path()
                && watching.bundle.signatures() == bundle.signatures()
        };
        for bundle in bundles {
            let place = known.iter().position(|watching| is(watching, bundle));
            state.bundles.extend(place.map(|place| known.remove(place)));
        }
        for gone in known {
            let path = format!("`{}`", gone.bundle.path().display());
            state.damage.retain(|text| !text.contains(&path));
        }
    }

    fn verify(&self, watching: &Watching) {
        let start = Instant::now();
        let verified = watching.bundle.verify(1, &Progress { watching, to: &*self.reporter });
        // Damage first, or health would for a moment tell an intact registry;
        // good news last, because whoever hears it may ask at once.
        if let Err(error) = &verified {
            self.report_of(watching, error);
        }
        watching.intact.store(verified.is_ok(), Ordering::Relaxed);
        watching.done.store(true, Ordering::Relaxed);
        if verified.is_ok() {
            self.note_intact(&watching.bundle, start);
        }
    }

    fn note_intact(&self, bundle: &Bundle, start: Instant) {
        let text = format!(
            "every byte of `{}` is intact ({}, checked in {})",
            bundle.path().display(),
            console::text::size(bundle.file_size()),
            console::text::duration(start.elapsed())
        );
        self.reporter.report(&Event::Notice { text });
    }

    /// Whether damage was found.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.state().damage.is_empty()
    }

    /// How many different damages were found.
    pub(crate) fn damages(&self) -> usize {
        self.state().damage.len()
    }

    /// Every bundle that is served.
    pub(crate) fn bundles(&self) -> Vec<BundleState> {
        self.state().bundles.iter().map(|watching| watching.state()).collect()
    }

    /// What `/healthz` tells: how many reports of damage there are. What they say
    /// stands in the log, because it names files of this host.
    pub(crate) fn describe(&self) -> Value {
        let state = self.state();
        let done = |watching: &Arc<Watching>| watching.done.load(Ordering::Relaxed);
        let status = match state.bundles.iter().all(done) {
            _ if !state.damage.is_empty() => "damaged",
            true => "intact",
            false => "verifying",
        };
        json!({ "status": status, "damage": state.damage.len() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bundle that was verified before anything of it is served.
#[derive(Debug)]
pub(crate) struct Checked(Arc<Watching>);

impl Checked {
    /// Reads all of it.
    pub(crate) fn new(bundle: &Bundle, reporter: &dyn Reporter) -> Result<Self, BundleError> {
        let watching = Watching::new(bundle.clone());
        bundle.verify(1, &Progress { watching: &watching, to: reporter })?;
        watching.intact.store(true, Ordering::Relaxed);
        watching.done.store(true, Ordering::Relaxed);
        Ok(Self(watching))
    }

    /// What it is, for people.
    pub(crate) fn title(&self) -> String {
        live::title(&self.0.bundle)
    }
}

impl Watching {
    fn new(bundle: Bundle) -> Arc<Self> {
        let (done, intact) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { bundle, checked_bytes: AtomicU64::new(0), done, intact })
    }

    fn state(&self) -> BundleState {
        let manifest = self.bundle.manifest();
        BundleState {
            release: manifest.release.to_string(),
            version: manifest.version.to_string(),
            serial: manifest.serial,
            bytes: manifest.payload_size,
            checked_bytes: self.checked_bytes.load(Ordering::Relaxed),
            intact: self.intact.load(Ordering::Relaxed),
        }
    }
}

/// Passes on what somebody should act on, such as a bad copy of a volume, and keeps
/// how far the background pass has come.
#[derive(Debug)]
struct Progress<'a> {
    watching: &'a Watching,
    to: &'a dyn Reporter,
}

impl Reporter for Progress<'_> {
    fn report(&self, event: &Event) {
        match event {
            Event::Warning { .. } => self.to.report(event),
            Event::TransferAdvanced { bytes, .. } => {
                self.watching.checked_bytes.fetch_add(*bytes, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}
