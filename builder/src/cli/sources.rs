//! Flags that `lock` and `build` share: the cache, mirrors, and how much at
//! once.

use crate::{
    cache::{self, Cache},
    environment::Environment,
    mirrors::Mirrors,
    network::NetworkOptions,
};
use clap::Args;
use manifests::{ExitCode, Failure};
use std::path::PathBuf;

/// Where bytes come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sources")]
pub(super) struct Sources {
    /// Folder of verified downloads; losing it costs only time.
    #[arg(long, value_name = "DIR", env = "BOTTARI_CACHE")]
    cache: Option<PathBuf>,
    /// File with replacements for URL prefixes and registries.
    #[arg(long, value_name = "FILE")]
    mirrors: Option<PathBuf>,
    /// How many things to do at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = jobs)]
    pub(super) jobs: usize,
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=256) => Ok(jobs),
        _ => Err("expected a number from 1 to 256".into()),
    }
}

/// There is no place for a cache.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder for the cache: neither XDG_CACHE_HOME nor HOME is set")]
struct NoCache;

impl Failure for NoCache {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("name one with `--cache DIR`".into())
    }
}

impl Sources {
    /// Opens the cache, making it when it is not there.
    pub(super) fn cache(&self) -> Result<Cache, Box<dyn Failure>> {
        let usual = || cache::default_directory(&Environment::current());
        let folder = self.cache.clone().or_else(usual).ok_or(NoCache)?;
        Cache::open(&folder).map_err(Into::into)
    }

    /// How the network is reached.
    pub(super) fn network(&self) -> Result<NetworkOptions, Box<dyn Failure>> {
        let mirrors = self.mirrors.as_deref().map_or_else(|| Ok(Mirrors::default()), Mirrors::read);
        let mirrors = mirrors?;
        Ok(NetworkOptions::new(mirrors, self.jobs, Environment::current()))
    }
}
