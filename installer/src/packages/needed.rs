//! Which packages of a bundle a host needs.

use crate::facts::{Facts, Os};
use manifests::{
    Arch, Role,
    lockfile::Lockfile,
    packages::{LockedSet, ServiceName, SystemName, Wish},
};
use std::collections::BTreeSet;

/// What one host needs of its system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The system.
    pub system: SystemName,
    /// The architecture.
    pub arch: Arch,
    /// The packages.
    pub wishes: Vec<Wish>,
    /// Services of these packages that may start.
    pub start: Vec<ServiceName>,
}

impl Needed {
    /// What a host with these roles needs; nothing when the bundle brings no
    /// packages, or none for these roles. Fails with the host's system when the
    /// bundle brings packages for others only.
    pub fn of(
        lockfile: &Lockfile,
        facts: &Facts,
        roles: &BTreeSet<Role>,
    ) -> Result<Option<Self>, String> {
        if lockfile.systems.is_empty() {
            return Ok(None);
        }
        let place = facts.os.as_ref().and_then(Os::system).zip(facts.arch());
        let is_its = |system: &SystemName, arch| place.as_ref() == Some(&(system.clone(), arch));
        let locked = lockfile.systems.iter().find(|locked| is_its(&locked.system, locked.arch));
        let locked = locked.ok_or_else(|| {
            let system = facts.os.as_ref().map_or("an unknown system", |os| os.name.as_str());
            format!("{system} on {}", facts.machine.as_deref().unwrap_or("an unknown processor"))
        })?;
        let is_wanted = |set: &&LockedSet| set.roles.iter().any(|role| roles.contains(role));
        let sets = || locked.sets.iter().filter(is_wanted);
        let wishes: BTreeSet<_> = sets().flat_map(|set| set.names.iter().cloned()).collect();
        let start: BTreeSet<_> = sets().flat_map(|set| set.start.iter().cloned()).collect();
        let (system, arch) = (locked.system.clone(), locked.arch);
        let (wishes, start): (Vec<_>, _) = (Vec::from_iter(wishes), Vec::from_iter(start));
        Ok((!wishes.is_empty()).then_some(Self { system, arch, wishes, start }))
    }
}
