//! Bundles that come and go while the server runs: the folders and files it was
//! given are looked at again, a bundle that is new is verified to its last byte
//! before any of it is shown, and one that is gone is shown no more. What is being
//! read of it is read to its end.

use super::{
    health::{Checked, Health},
    holdings::Holdings,
    shelf::Shelf,
    site::Site,
    watched::{Print, Watched, print},
};
use bundles::Bundle;
use console::text;
use manifests::{
    event::{Event, Reporter},
    with_causes,
};
use std::{collections::BTreeSet, error::Error, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

/// How often the folders are looked at. What is being copied into them changes
/// from look to look, and is left alone.
const LOOK: Duration = Duration::from_secs(2);

/// Why bundles cannot be served.
pub type SupplyError = Box<dyn Error + Send + Sync>;

/// Where bundles come from.
pub trait Supply: Send {
    /// Opens everything that is there now, and refuses what may not be used.
    fn open(&mut self) -> Result<Vec<Bundle>, SupplyError>;
    /// Takes note that these are used.
    fn remember(&mut self, bundles: &[Bundle]) -> Result<(), SupplyError>;
}

/// Bundles to begin with, and where to look for others.
pub struct Stock {
    bundles: Vec<Bundle>,
    watched: Watched,
    supply: Box<dyn Supply>,
}

impl std::fmt::Debug for Stock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stock").field("bundles", &self.bundles).finish_non_exhaustive()
    }
}

impl Stock {
    /// `watched` was made before the bundles were opened, so that no change falls
    /// between.
    pub fn new(watched: Watched, bundles: Vec<Bundle>, supply: Box<dyn Supply>) -> Self {
        Self { bundles, watched, supply }
    }

    /// The bundles to begin with.
    pub(crate) fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }
}

/// A bundle that is served, and its file when it was opened.
struct Held {
    bundle: Bundle,
    print: Print,
}

impl Held {
    fn new(bundle: Bundle) -> Self {
        let print = print(bundle.path()).ok();
        Self { bundle, print }
    }

    /// The same bundle in the same file.
    fn is(&self, other: &Self) -> bool {
        self.bundle.path() == other.bundle.path()
            && self.bundle.signatures() == other.bundle.signatures()
            && self.print == other.print
    }
}

/// Keeps what is served up to date.
pub(crate) struct Live {
    held: Vec<Held>,
    watched: Watched,
    supply: Box<dyn Supply>,
    remarks: BTreeSet<String>,
    site: Arc<Site>,
    health: Arc<Health>,
    reporter: Arc<dyn Reporter>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("watched", &self.watched).finish_non_exhaustive()
    }
}

impl Live {
    pub(crate) fn new(
        stock: Stock,
        site: Arc<Site>,
        health: Arc<Health>,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let Stock { bundles, watched, supply } = stock;
        let held = bundles.into_iter().map(Held::new).collect();
        let remarks = site.shelf().holdings.remarks().iter().cloned().collect();
        Self { held, watched, supply, remarks, site, health, reporter }
    }

    /// Looks for as long as it is let; at once when it is asked.
    pub(crate) async fn run(mut self, asked: Arc<Notify>) {
        let mut clock = interval(LOOK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let at_once = tokio::select! {
                _ = clock.tick() => false,
                () = asked.notified() => true,
            };
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
            self.watched.taken();
        } else if !self.watched.changed() {
            return;
        }
        match self.supply.open() {
            Ok(found) => self.take(found),
            Err(error) => self.warn(&*error),
        }
    }

    /// Serves what was found from now on: all of it, or nothing that is new. A set
    /// with a hole would give names of the damaged bundle away to others, and would
    /// not be the one that was held against the serials seen here.
    fn take(&mut self, found: Vec<Bundle>) {
        let found: Vec<_> = found.into_iter().map(Held::new).collect();
        let mut checked = Vec::new();
        for new in found.iter().filter(|new| !self.held.iter().any(|old| old.is(new))) {
            match Checked::new(&new.bundle, &*self.reporter) {
                Ok(one) => checked.push(one),
                Err(error) => return self.warn(&error),
            }
        }
        if found.is_empty() {
            return;
        }
        let mut gone = std::mem::take(&mut self.held);
        for new in found {
            let old = gone.iter().position(|old| old.is(&new));
            self.held.push(old.map(|old| gone.swap_remove(old)).unwrap_or(new));
        }
        if !gone.is_empty() || !checked.is_empty() {
            self.show(&gone, checked);
        }
    }

    fn show(&mut self, gone: &[Held], checked: Vec<Checked>) {
        let bundles: Vec<_> = self.held.iter().map(|held| held.bundle.clone()).collect();
        let holdings = Holdings::new(bundles.clone(), self.site.shelf().holdings.prefix().cloned());
        for text in holdings.remarks().to_vec() {
            if self.remarks.insert(text.clone()) {
                self.reporter.report(&Event::Notice { text });
            }
        }
        for text in self.site.survey(&holdings) {
            if self.remarks.insert(text.clone()) {
                self.reporter.report(&Event::Warning { text });
            }
        }
        let titles: Vec<_> = checked.iter().map(Checked::title).collect();
        self.health.replace(&bundles, checked);
        for text in self.site.show(Shelf::new(holdings, Arc::clone(&self.health))) {
            self.reporter.report(&Event::Warning { text });
        }
        for Held { bundle, .. } in gone {
            bundle.keep_chunks(0);
            let text = format!("{} is not served any more", title(bundle));
            self.reporter.report(&Event::Notice { text });
        }
        for title in titles {
            let text = format!("{title} is served from now on; every byte of it is intact");
            self.reporter.report(&Event::Notice { text });
        }
        if let Err(error) = self.supply.remember(&bundles) {
            self.reporter.report(&Event::Warning { text: with_causes(&*error) });
        }
    }

    fn warn(&self, error: &dyn Error) {
        let count =
            text::count(self.site.shelf().holdings.bundles().len() as u64, "bundle", "bundles");
        let text = format!("{}; {count} from before stay served", with_causes(error));
        self.reporter.report(&Event::Warning { text });
    }
}

/// Release, version and serial of a bundle, for people.
pub(crate) fn title(bundle: &Bundle) -> String {
    let manifest = bundle.manifest();
    format!("{} {} (serial {})", manifest.release, manifest.version, manifest.serial)
}
