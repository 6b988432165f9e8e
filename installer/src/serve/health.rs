//! Whether the served bytes are still those that were signed. Two look: a
//! background pass over every bundle, and every read for a client.

use bundles::Bundle;
use manifests::{
    event::{Event, Reporter},
    with_causes,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
    unverified: usize,
    damage: BTreeSet<String>,
}

impl Health {
    /// Nothing is known yet about `bundles` bundles.
    pub(crate) fn new(bundles: usize, reporter: Arc<dyn Reporter>) -> Self {
        let state = State { unverified: bundles, damage: BTreeSet::new() };
        Self { reporter, state: Mutex::new(state) }
    }

    /// Takes note of damage, and says so aloud the first time.
    pub(crate) fn report(&self, error: &dyn std::error::Error) {
        let text = with_causes(error);
        if self.state().damage.insert(text.clone()) {
            self.reporter.report(&Event::Warning { text });
        }
    }

    /// Verifies every bundle on a thread of its own, one chunk at a time so that
    /// clients hardly notice.
    pub(crate) fn watch(self: &Arc<Self>, bundles: Vec<Bundle>) -> std::io::Result<()> {
        let health = Arc::clone(self);
        let name = "verify".to_owned();
        thread::Builder::new()
            .name(name)
            .spawn(move || bundles.iter().for_each(|bundle| health.verify(bundle)))
            .map(|_| ())
    }

    fn verify(&self, bundle: &Bundle) {
        let start = Instant::now();
        let verified = bundle.verify(1, &Warnings(&*self.reporter));
        // Damage first, or health would for a moment tell an intact registry;
        // good news last, because whoever hears it may ask at once.
        if let Err(error) = &verified {
            self.report(error);
        }
        self.state().unverified -= 1;
        if verified.is_ok() {
            self.note_intact(bundle, start);
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

    /// What `/healthz` tells: how many reports of damage there are. What they say
    /// stands in the log, because it names files of this host.
    pub(crate) fn describe(&self) -> Value {
        let state = self.state();
        let status = match state.unverified {
            _ if !state.damage.is_empty() => "damaged",
            0 => "intact",
            _ => "verifying",
        };
        json!({ "status": status, "damage": state.damage.len() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what somebody should act on, such as a bad copy of a volume; how far
/// the background pass has come is of no interest.
#[derive(Debug)]
struct Warnings<'a>(&'a dyn Reporter);

impl Reporter for Warnings<'_> {
    fn report(&self, event: &Event) {
        if matches!(event, Event::Warning { .. }) {
            self.0.report(event);
        }
    }
}
