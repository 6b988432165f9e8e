//! What `reset` will do, from the ledger alone: a pure function, so that the
//! operator sees the list before anything is touched.

use super::{
    Before, ChainPrefix, Entry, InterfaceName, Leaves, Ledger, State, Thing,
    reset_packages::LOCK_SECONDS,
};
use crate::plan::{
    DebVersion, ManagedPath, ModuleName, PackageName, StepId, SwapDevice, SysctlKey, SysctlValue,
    UnitName,
};
use manifests::Digest;
use std::{collections::BTreeSet, fmt};

/// One thing that `reset` does on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResetAction {
    /// Lets a component clean up after itself.
    Command {
        /// What it does.
        title: String,
        /// The script.
        script: String,
    },
    /// Stops and disables a unit, when its file is still ours.
    StopUnit {
        /// The unit.
        unit: UnitName,
        /// Every content we gave its file.
        ours: Vec<Digest>,
    },
    /// Waits for a command that installs packages, ends what it left half done, and
    /// removes its script and log.
    EndInstallation {
        /// Its step.
        of: StepId,
        /// Whether its good end is not on record.
        begun: bool,
        /// The packages that were raised.
        raised: Vec<PackageName>,
        /// How long to wait for another package manager, in seconds.
        lock_seconds: u64,
    },
    /// Ends a long command and removes its script and log.
    StopCommand {
        /// Its step.
        of: StepId,
    },
    /// Unmounts everything below a folder.
    Unmount {
        /// The folder.
        below: ManagedPath,
    },
    /// Deletes a network interface.
    DeleteInterface {
        /// Its name.
        name: InterfaceName,
    },
    /// Deletes iptables chains and the rules that lead to them.
    ClearChains {
        /// How their names begin.
        prefix: ChainPrefix,
    },
    /// Removes a folder that running components filled.
    RemoveTree {
        /// The folder.
        path: ManagedPath,
    },
    /// Removes a file of ours, or puts back what it replaced.
    File {
        /// Where it is.
        path: ManagedPath,
        /// Every content we gave it.
        ours: Vec<Digest>,
        /// What was there before.
        before: Before,
    },
    /// Removes a folder of ours when it is empty.
    Folder {
        /// Where it is.
        path: ManagedPath,
    },
    /// Gives a kernel setting its value of before.
    Sysctl {
        /// Which.
        key: SysctlKey,
        /// What we set.
        value: SysctlValue,
        /// What it was.
        before: SysctlValue,
    },
    /// Unloads a kernel module.
    Module {
        /// Its name.
        module: ModuleName,
    },
    /// Turns swap on again.
    Swap {
        /// What was in use.
        devices: Vec<SwapDevice>,
    },
    /// Removes packages that were not there before.
    Packages {
        /// Those to be removed with their settings.
        purge: Vec<PackageName>,
        /// Those whose settings were there before.
        remove: Vec<PackageName>,
        /// How long to wait for another package manager, in seconds.
        lock_seconds: u64,
    },
    /// Leaves a package alone, because this bundle does not hold it.
    KeepPackage {
        /// The package.
        package: PackageName,
    },
    /// Leaves a package in the version that it was raised to.
    KeepRaised {
        /// The package.
        package: PackageName,
        /// The version it had before.
        from: DebVersion,
    },
    /// Removes what we keep for ourselves, the ledger last.
    Forget,
}

/// What undoes a ledger. Packages come to rest first, or nothing else happens;
/// then commands end and units stop, then goes what they made, then everything else in the reverse of its order. An empty ledger
/// needs nothing, whatever components declare: nothing of it is ours.
///
/// `packages` are those of the bundle: no other package is removed, because a
/// ledger could name any.
pub fn plan_reset(
    ledger: &Ledger,
    leaves: &Leaves,
    packages: &BTreeSet<PackageName>,
) -> Vec<ResetAction> {
    if ledger.entries.is_empty() {
        return Vec::new();
    }
    let things = || ledger.entries.iter().rev().map(|entry| &entry.thing);
    let installations = ledger.entries.iter().filter_map(|entry| end_installation(ledger, entry));
    let mut actions: Vec<ResetAction> = installations.chain(before_stop(leaves)).collect();
    actions.extend(things().filter_map(|thing| stop(ledger, thing)));
    actions.extend(after_stop(leaves));
    let mut removed = false;
    for thing in things() {
        match thing {
            // All at once: they may need each other.
            Thing::Package { .. } if !removed => {
                removed = true;
                actions.extend(remove_packages(ledger, packages));
            }
            thing => actions.extend(undo(thing)),
        }
    }
    actions.push(ResetAction::Forget);
    actions
}

fn before_stop(leaves: &Leaves) -> impl Iterator<Item = ResetAction> {
    leaves
        .commands
        .iter()
        .cloned()
        .map(|command| ResetAction::Command { title: command.title, script: command.script })
}

fn after_stop(leaves: &Leaves) -> Vec<ResetAction> {
    let mounts = leaves.mounts.iter().cloned().map(|below| ResetAction::Unmount { below });
    let interfaces =
        leaves.interfaces.iter().cloned().map(|name| ResetAction::DeleteInterface { name });
    let chains = leaves.chains.iter().cloned().map(|prefix| ResetAction::ClearChains { prefix });
    let paths = leaves.paths.iter().cloned().map(|path| ResetAction::RemoveTree { path });
    mounts.chain(interfaces).chain(chains).chain(paths).collect()
}

fn stop(ledger: &Ledger, thing: &Thing) -> Option<ResetAction> {
    match thing {
        Thing::Unit { unit, .. } => {
            let file = unit.path();
            let found = ledger.find(|thing| match thing {
                Thing::File { path, ours, .. } if *path == file => Some(ours.clone()),
                _ => None,
            });
            let ours = found.map(|(_, ours)| ours).unwrap_or_default();
            Some(ResetAction::StopUnit { unit: unit.clone(), ours })
        }
        Thing::Transient { of, .. } if !installs(ledger, of) => {
            Some(ResetAction::StopCommand { of: of.clone() })
        }
        _ => None,
    }
}

/// Whether packages came by this step.
fn installs(ledger: &Ledger, of: &StepId) -> bool {
    let is_package =
        |thing: &Thing| matches!(thing, Thing::Package { .. } | Thing::RaisedPackage { .. });
    ledger.entries.iter().any(|entry| entry.step == *of && is_package(&entry.thing))
}

fn end_installation(ledger: &Ledger, entry: &Entry) -> Option<ResetAction> {
    let Thing::Transient { of, .. } = &entry.thing else { return None };
    let raised = ledger.entries.iter().filter_map(|entry| match &entry.thing {
        Thing::RaisedPackage { package, .. } => Some(package.clone()),
        _ => None,
    });
    installs(ledger, of).then(|| ResetAction::EndInstallation {
        of: of.clone(),
        begun: entry.state == State::Intent,
        raised: raised.collect(),
        lock_seconds: LOCK_SECONDS,
    })
}

fn undo(thing: &Thing) -> Option<ResetAction> {
    Some(match thing.clone() {
        Thing::File { path, ours, before } => ResetAction::File { path, ours, before },
        Thing::Folder { path } => ResetAction::Folder { path },
        Thing::Sysctl { key, value, before } => ResetAction::Sysctl { key, value, before },
        Thing::Module { module } => ResetAction::Module { module },
        Thing::RaisedPackage { package, from, .. } => ResetAction::KeepRaised { package, from },
        Thing::Swap { devices } => ResetAction::Swap { devices },
        Thing::Unit { .. } | Thing::Transient { .. } | Thing::Package { .. } => return None,
    })
}

fn remove_packages(ledger: &Ledger, ours: &BTreeSet<PackageName>) -> Vec<ResetAction> {
    let (mut purge, mut remove, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    for entry in ledger.entries.iter().rev() {
        let Thing::Package { package, had_settings } = &entry.thing else { continue };
        match (ours.contains(package), had_settings) {
            (false, _) => actions.push(ResetAction::KeepPackage { package: package.clone() }),
            (true, false) => purge.push(package.clone()),
            (true, true) => remove.push(package.clone()),
        }
    }
    if !purge.is_empty() || !remove.is_empty() {
        actions.push(ResetAction::Packages { purge, remove, lock_seconds: LOCK_SECONDS });
    }
    actions
}

impl ResetAction {
    /// Whether this undoes a thing of the ledger, which is forgotten then.
    pub(super) fn undoes(&self, thing: &Thing) -> bool {
        match (self, thing) {
            (Self::StopUnit { unit, .. }, Thing::Unit { unit: other, .. }) => unit == other,
            (
                Self::StopCommand { of } | Self::EndInstallation { of, .. },
                Thing::Transient { of: other, .. },
            ) => of == other,
            (Self::File { path, .. }, Thing::File { path: other, .. })
            | (Self::Folder { path }, Thing::Folder { path: other }) => path == other,
            (Self::Sysctl { key, .. }, Thing::Sysctl { key: other, .. }) => key == other,
            (Self::Module { module }, Thing::Module { module: other }) => module == other,
            (Self::Swap { .. }, Thing::Swap { .. }) => true,
            (Self::Packages { purge, remove, .. }, Thing::Package { package, .. }) => {
                purge.contains(package) || remove.contains(package)
            }
            (Self::KeepPackage { package }, Thing::Package { package: other, .. })
            | (Self::KeepRaised { package, .. }, Thing::RaisedPackage { package: other, .. }) => {
                package == other
            }
            _ => false,
        }
    }
}

impl fmt::Display for ResetAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { title, .. } => f.write_str(title),
            Self::StopUnit { unit, .. } => write!(f, "stop {unit}"),
            Self::EndInstallation { of, .. } => write!(f, "wait for the command of {of}"),
            Self::StopCommand { of } => write!(f, "end the command of {of}"),
            Self::Unmount { below } => write!(f, "unmount what is below {below}"),
            Self::DeleteInterface { name } => write!(f, "delete interface {name}"),
            Self::ClearChains { prefix } => write!(f, "delete iptables chains {prefix}*"),
            Self::RemoveTree { path } => write!(f, "remove {path} and all below"),
            Self::File { path, before: Before::Nothing, .. } => write!(f, "remove {path}"),
            Self::File { path, .. } => write!(f, "put back {path}"),
            Self::Folder { path } => write!(f, "remove folder {path}"),
            Self::Sysctl { key, before, .. } => write!(f, "set {key} back to {before}"),
            Self::Module { module } => write!(f, "unload module {module}"),
            Self::Swap { .. } => f.write_str("turn swap on"),
            Self::Packages { purge, remove, .. } => {
                let names: Vec<_> = purge.iter().chain(remove).map(PackageName::as_str).collect();
                write!(f, "remove packages {}", names.join(", "))
            }
            Self::KeepPackage { package } | Self::KeepRaised { package, .. } => {
                write!(f, "keep package {package}")
            }
            Self::Forget => f.write_str("remove the ledger"),
        }
    }
}
