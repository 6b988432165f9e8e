//! Faults, by the thousand: damage to bundles and volumes, kills, full disks and
//! upstreams that lie. A few of each in every run, all of them with
//! `BOTTARI_FAULTS=all` (`CONTRIBUTING.md`); each test prints how many it was.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod effort;
mod full_disks;
mod http;
mod kills;
mod registry;
mod threat_model;
