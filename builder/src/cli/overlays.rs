//! `--overlay`: a site's own things on top of a release.

use clap::Args;
use console::Console;
use manifests::{
    catalog::Catalog,
    lockfile::Lockfile,
    overlay::{LaidOverlay, Overlay, Unpinned},
    release::Release,
    yaml::{self, InputError},
};
use std::path::PathBuf;

/// The overlays of one lock.
#[derive(Debug, Args)]
pub(super) struct Overlays {
    /// Lay this overlay on the release: a site's own components, or other
    /// versions; may be given several times, in order.
    #[arg(long = "overlay", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Overlays {
    /// The release with all of them, and where its definitions are.
    pub(super) fn lay(
        &self,
        release: Release,
        catalog: Catalog,
    ) -> Result<(Release, Catalog), InputError> {
        self.files.iter().try_fold((release, catalog), |(release, catalog), path| {
            let overlay = Overlay::parse(path, &yaml::read(path)?)?;
            let catalog = catalog.with_beside(path);
            Ok((overlay.lay_on(path, release, &catalog)?, catalog))
        })
    }
}

/// Says which overlays are in a lockfile, and whose digests they took away.
pub(super) fn tell(lockfile: &Lockfile, console: &Console) {
    for overlay in &lockfile.overlays {
        let title = overlay.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
        console.note(&format!("with overlay `{}`{title}", overlay.name));
        for (reason, components) in by_reason(overlay) {
            console.warn(&format!(
                "overlay `{}` takes the published digests of {} away: {reason}",
                overlay.name,
                components.join(", ")
            ));
        }
    }
}

/// One line for each reason, in the order of the overlay.
fn by_reason(overlay: &LaidOverlay) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for Unpinned { component, reason } in &overlay.unpinned {
        let (name, reason) = (format!("`{component}`"), reason.to_string());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    reasons
}
