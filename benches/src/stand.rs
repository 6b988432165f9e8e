//! The stand of a benchmark: a workload, the servers it comes from, our programs,
//! and a folder to work in.

use crate::{
    problem::{Result, empty_folder, make_folder},
    programs::Programs,
    servers::{FileServer, Registry, SentBytes},
    tools,
    workload::{Mirrors, Scale, Source, Workload},
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Everything a measurement needs.
#[derive(Debug)]
pub(crate) struct Stand {
    pub(crate) workload: Workload,
    pub(crate) registry: Registry,
    pub(crate) files: FileServer,
    pub(crate) programs: Programs,
    /// Empty at the start, removed at the end.
    pub(crate) scratch: PathBuf,
    pub(crate) scale: Scale,
}

impl Stand {
    /// Makes what is missing and starts the servers.
    pub(crate) fn set_up(work: &Path, scale: Scale) -> Result<Self> {
        tools::need(&tools::NEEDED)?;
        let work = fs::canonicalize(make_folder(work.to_owned())?)?;
        let programs = Programs::ready()?;
        let workload = Workload::ready(&work, scale)?;
        let scratch = empty_folder(work.join("scratch"))?;
        let registry = Registry::start(&workload.registry(), &scratch)?;
        let files = FileServer::start(&workload.files(), &scratch)?;
        Ok(Self { workload, registry, files, programs, scratch, scale })
    }

    /// The servers that count what they send.
    pub(crate) fn servers(&self) -> [&dyn SentBytes; 2] {
        [&self.registry, &self.files]
    }

    /// Where the workload is served.
    pub(crate) fn mirrors(&self) -> Mirrors {
        Mirrors { registry: self.registry.address(), files: self.files.url() }
    }

    /// Bytes of memory to touch before each measurement.
    pub(crate) fn touch(&self) -> usize {
        match self.scale {
            Scale::Full => 6 << 30,
            Scale::Small => 64 << 20,
        }
    }

    /// Every distinct blob with its server, path and size, the largest first.
    pub(crate) fn blobs(&self) -> Result<Vec<Remote>> {
        let [registry, files] = [self.registry.address().parse()?, self.files.address().parse()?];
        let unique = self.workload.contents.unique();
        let mut all: Vec<_> = unique
            .into_iter()
            .map(|(digest, (size, source))| {
                let server = if matches!(source, Source::File(_)) { files } else { registry };
                Remote { server, path: source.path(digest), size }
            })
            .collect();
        all.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        Ok(all)
    }
}

/// A blob on a server.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) server: SocketAddr,
    pub(crate) path: String,
    pub(crate) size: u64,
}
