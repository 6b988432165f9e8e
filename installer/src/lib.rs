//! The air-gapped side: a bundle is verified, looked into, unpacked, or served
//! as a registry from where it lies.
//!
//! What it promises: nothing of a bundle is used before a key that was trusted
//! here has vouched for it, and no packet leaves for a place that is not named
//! on the command line.

pub mod cli;
pub mod components;
pub mod engine;
pub mod facts;
pub mod import;
pub mod journal;
pub mod ledger;
pub mod packages;
pub mod plan;
pub mod preflight;
pub mod push;
pub mod rollback;
pub mod run;
pub mod serve;
pub mod site_ca;
pub mod steps;
pub mod transport;
pub mod trust_store;
pub mod unpack;
