//! `lock`: a release becomes a lockfile. The only place that asks what is
//! current.
//!
//! Promises: a published digest that does not agree ends the whole lock, and so
//! does a patch that does not fit the manifest it is for; the result depends on what the sources hold and on nothing else, not even on
//! the order of the answers; what was locked before and has not changed costs
//! one question without a body.

mod components;
mod error;
mod file;
mod image;
mod media_type;
mod plan;
mod select;
mod systems;
mod update;

pub use error::LockError;
pub use systems::{SiteBase, SystemError};

use crate::{
    cache::Cache,
    network::{Network, NetworkOptions},
    proof::Prover,
    registry::Registries,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::{
    Arch, Name,
    catalog::Catalog,
    event::{Event, Reporter},
    lockfile::{CatalogEntry, FORMAT, LockedFile, LockedImage, Lockfile, check_versions},
    packages::{SystemChoice, SystemName},
    release::{Choice, Release},
};
use plan::{Plan, Work};

/// How to lock.
#[derive(Debug, Clone, Default)]
pub struct LockOptions {
    /// How sources are reached.
    pub network: NetworkOptions,
    /// Carry every platform of every image, as strict registries want it.
    pub all_platforms: bool,
    /// The profiles to take; without a choice those of `previous` when something
    /// is updated in it, and none otherwise.
    pub profiles: Option<Choice>,
    /// The architectures to carry; empty means all of the release, or those of
    /// `previous` when something is updated in it.
    pub arches: Vec<Arch>,
    /// The systems to take OS packages for; without a choice those of `previous`
    /// when something is updated in it, and none otherwise.
    pub systems: Option<SystemChoice>,
    /// What hosts of the site have, instead of what the release says.
    pub bases: Vec<SiteBase>,
    /// Resolve only these components anew; all when nothing is updated.
    pub update: Vec<Name>,
    /// Resolve only the OS packages of these systems anew; all when nothing is
    /// updated.
    pub update_systems: Vec<SystemName>,
    /// The lockfile that the other components are taken from.
    pub previous: Option<Lockfile>,
}

impl LockOptions {
    /// Whether something is updated, and all else kept.
    fn is_update(&self) -> bool {
        !(self.update.is_empty() && self.update_systems.is_empty())
    }

    /// Whether a component is resolved anew.
    fn resolves(&self, component: &Name) -> bool {
        !self.is_update() || self.update.contains(component)
    }

    /// Whether the OS packages of a system are.
    fn resolves_system(&self, system: &SystemName) -> bool {
        !self.is_update() || self.update_systems.contains(system)
    }
}

/// What one piece of work gave.
enum Locked {
    File(Box<LockedFile>),
    Image(Box<LockedImage>),
}

/// What every piece of work needs.
struct Context<'a> {
    arches: &'a [Arch],
    all_platforms: bool,
    network: &'a Network,
    registries: &'a Registries<'a>,
    cache: &'a Cache,
    reporter: &'a dyn Reporter,
}

/// Resolves a release to exact sources, sizes and digests. Files, image
/// manifests and image configs are in the cache afterwards; layers are not.
pub async fn lock(
    release: &Release,
    catalog: &Catalog,
    options: &LockOptions,
    cache: &Cache,
    reporter: &dyn Reporter,
) -> Result<Lockfile, LockError> {
    let release = &update::taken(release, options)?;
    let contents = catalog.contents(release)?;
    check_versions(&contents, &release.arches).map_err(LockError::Clash)?;
    let kept = update::kept((release, &contents), catalog, options)?;
    let plan = Plan::new(release, &contents, |name| options.resolves(name))?;
    let systems = systems::plan(release, catalog, options, cache)?;
    let network = Network::open(&options.network).map_err(LockError::setup)?;
    let registries = network.registries().map_err(LockError::setup)?;
    let (arches, all_platforms) = (release.arches.as_slice(), options.all_platforms);
    let context = Context {
        arches,
        all_platforms,
        network: &network,
        registries: &registries,
        cache,
        reporter,
    };
    let mut lockfile = empty(release);
    lockfile.components = components::of(&contents, &kept.components, options);
    lockfile.catalog = described(catalog.entries(release)?, &kept.catalog);
    lockfile.files = kept.files;
    lockfile.images = kept.images;
    lockfile.systems = kept.systems;
    for locked in context.run(plan).await? {
        match locked {
            Locked::File(file) => lockfile.files.push(*file),
            Locked::Image(image) => lockfile.images.push(*image),
        }
    }
    let before = options.previous.as_ref().map_or(&[][..], |previous| &previous.systems);
    lockfile.systems.extend(systems::lock(systems, before, &context).await?);
    lockfile.sort();
    lockfile.blobs().map_err(LockError::Inconsistent)?;
    lockfile.check().map_err(LockError::Clash)?;
    components::try_patches(&lockfile, options, cache)?;
    Ok(lockfile)
}

impl Context<'_> {
    fn prover(&self) -> Prover<'_> {
        Prover { network: self.network, cache: self.cache, reporter: self.reporter }
    }

    async fn run(&self, plan: Plan) -> Result<Vec<Locked>, LockError> {
        let title = "resolving".to_owned();
        // How many answers an image takes is known when the first is here.
        self.reporter.report(&Event::PhaseStarted { title: title.clone(), items: 0, bytes: None });
        let locked = stream::iter(plan.work)
            .map(|work| self.one(work))
            .buffer_unordered(self.network.tasks())
            .try_collect()
            .await?;
        self.reporter.report(&Event::PhaseFinished { title });
        Ok(locked)
    }

    async fn one(&self, work: Work) -> Result<Locked, LockError> {
        Ok(match work {
            Work::File(work) => Locked::File(Box::new(file::lock(&work, self).await?)),
            Work::Image(work) => Locked::Image(Box::new(image::lock(&work, self).await?)),
        })
    }
}

/// What the components are; those that are kept stay described as they were.
fn described(current: Vec<CatalogEntry>, kept: &[CatalogEntry]) -> Vec<CatalogEntry> {
    let as_kept = |entry: CatalogEntry| {
        let is_same = |kept: &&CatalogEntry| {
            (&kept.component, &kept.version) == (&entry.component, &entry.version)
        };
        kept.iter().find(is_same).cloned().unwrap_or(entry)
    };
    current.into_iter().map(as_kept).collect()
}

fn empty(release: &Release) -> Lockfile {
    Lockfile {
        format: FORMAT.to_owned(),
        release: release.release.clone(),
        version: release.version.clone(),
        serial: release.serial,
        title: release.title.clone(),
        arches: release.arches.clone(),
        compression_level: release.compression_level,
        sbom: release.sbom.clone(),
        profiles: release.profiles.clone(),
        components: Vec::new(),
        catalog: Vec::new(),
        files: Vec::new(),
        images: Vec::new(),
        systems: Vec::new(),
        exceptions: release.exceptions.clone(),
        decisions: release.decisions(),
        omitted: release.omitted.clone(),
        rules: Vec::new(),
        acknowledged: Vec::new(),
        overlays: release.overlays.clone(),
    }
}
