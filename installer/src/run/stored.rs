//! Which plan a command walks: the one that was stored, as long as it is for
//! what the operator has in hand now.

use super::RunError;
use crate::{
    engine,
    plan::{Chosen, FORMAT, Plan, PlanError, Replan, RunFolder, choose},
    site_ca,
};
use bundles::{Bundle, BundleManifest};
use manifests::{Digest, cluster::Cluster};
use std::{fs, io, path::Path};

/// A plan without steps: what a plan has to be for. `cluster_file` is the digest
/// of the file's text.
pub fn for_target(cluster: &Cluster, cluster_file: Digest, bundle: &Bundle) -> Plan {
    let manifest = bundle.manifest();
    Plan {
        format: FORMAT.into(),
        cluster: cluster.name.clone(),
        release: manifest.release.clone(),
        version: manifest.version.clone(),
        serial: manifest.serial,
        bundle: digest(manifest),
        cluster_file,
        steps: Vec::new(),
    }
}

/// The digest of a manifest, which names every byte of its bundle.
fn digest(manifest: &BundleManifest) -> Digest {
    let bytes = serde_json::to_vec(manifest).expect("a manifest has text keys only");
    bundles::sha256(&bytes)
}

/// The stored plan, when it is for `target`. A plan for something else is
/// passed over when nothing of it was begun or all of it is done, and else
/// refused: two bundles do not get mixed on one cluster by accident.
pub fn stored_plan(
    folder: &RunFolder,
    target: &Plan,
    replan: Replan,
) -> Result<Option<Plan>, RunError> {
    if replan == Replan::Allow {
        return Ok(None);
    }
    let fits = |stored, replan| match choose(folder.path(), stored, target.clone(), replan)? {
        Chosen::Stored(plan) => Ok::<_, PlanError>(Some(plan)),
        Chosen::Fresh(_) => Ok(None),
    };
    match engine::unfinished(folder)? {
        Some(unfinished) => Ok(fits(Some(unfinished), Replan::Refuse)?),
        None => Ok(fits(folder.plan()?, Replan::Allow)?),
    }
}

/// Forgets plan, journal and keys, after a reset that left nothing of them. The
/// plan goes last: without a journal it is one that has not begun.
pub fn forget(folder: &RunFolder) -> Result<(), RunError> {
    let path = |name| folder.path().join(name);
    let pki = path(site_ca::FOLDER);
    gone(fs::remove_dir_all(&pki), &pki)?;
    [folder.journal(), path("kubeconfig"), path("plan.json")]
        .iter()
        .try_for_each(|path| gone(fs::remove_file(path), path))
}

fn gone(removed: io::Result<()>, path: &Path) -> Result<(), RunError> {
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(RunError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
