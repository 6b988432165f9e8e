//! Journeys: the real programs, run as a release engineer and an operator run
//! them, against a real upstream, judged by their exit codes, their words, the
//! files they leave, and by stock tools.

#![expect(clippy::unwrap_used, reason = "a journey that cannot go on has failed")]

mod bytes;
mod charts;
mod completeness;
mod documented;
mod documents;
mod empty_root;
mod from_kpaas;
mod kpaas;
mod mending;
mod mistakes;
mod office;
mod os_packages;
mod overlays;
mod packages;
mod planning;
mod profiles;
mod push;
mod rehearsal;
mod report;
mod reuse;
mod rules;
mod sbom;
mod stock_tools;
mod volumes;
