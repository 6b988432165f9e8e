//! What a step can do: one file per kind. Each kind is plain data with a
//! `check` that looks at the host and changes nothing, and an `apply` that is
//! safe to call again, also after it was stopped in the middle.

mod content;
mod context;
mod error;
mod files;
mod kernel_module;
mod kubectl_apply;
mod look;
mod make_folder;
mod os_packages;
mod packages;
mod place_file;
mod remote;
mod run_unit;
mod swap_off;
mod sysctl;
mod transient;
mod unit;
mod unpack;
mod wait_for;

pub use content::{Artifacts, FileContent};
pub use context::{Hosts, StepContext};
pub(crate) use error::FETCH_LISTS;
pub use error::{Said, StepError};
pub use kernel_module::KernelModules;
pub use kubectl_apply::KubectlApply;
pub use make_folder::MakeFolder;
pub use os_packages::OsPackages;
pub use packages::{Deb, Packages};
pub use place_file::PlaceFile;
pub use remote::Remote;
pub use run_unit::RunUnit;
pub use swap_off::SwapOff;
pub use sysctl::Sysctl;
pub use unit::{Start, Unit};
pub use unpack::{Unpack, Unpacked};
pub use wait_for::WaitFor;

use serde::{Deserialize, Serialize};

/// What a look at the host found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// All is as it should be.
    Satisfied,
    /// Something is to be done, and why.
    Needed(String),
}

impl Need {
    /// Needed, for this reason.
    pub(crate) fn because(why: impl Into<String>) -> Self {
        Self::Needed(why.into())
    }
}

/// How a step ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Done, and there is something to know.
    DoneWithWarning(String),
    /// Not done, because it does not apply here.
    Skipped(String),
}

/// What a step does, one variant per kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Action {
    /// Places a file.
    PlaceFile(PlaceFile),
    /// Places files out of an archive.
    Unpack(Unpack),
    /// Makes a folder.
    MakeFolder(MakeFolder),
    /// Sets kernel settings, now and after each start.
    Sysctl(Sysctl),
    /// Loads kernel modules, now and after each start.
    KernelModules(KernelModules),
    /// Turns swap off, now and after each start.
    SwapOff(SwapOff),
    /// Installs Debian packages from the bundle.
    Packages(Packages),
    /// Installs OS packages from the bundle's repository.
    OsPackages(OsPackages),
    /// Places a unit, enables it and starts it.
    Unit(Unit),
    /// Runs a long command that outlives this program.
    RunUnit(RunUnit),
    /// Applies a Kubernetes manifest.
    KubectlApply(KubectlApply),
    /// Waits until something is so.
    WaitFor(WaitFor),
}

impl Action {
    /// Looks at the host and changes nothing. What was begun and never
    /// confirmed is done again, also when it looks finished: it may still be
    /// going on.
    pub async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        Ok(match self.look(cx).await? {
            Need::Satisfied if cx.ledger.ledger.has_intent(cx.step) => {
                Need::because("it was begun, and its end was not seen")
            }
            need @ (Need::Satisfied | Need::Needed(_)) => need,
        })
    }

    async fn look(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        match self {
            Self::PlaceFile(kind) => kind.check(cx).await,
            Self::Unpack(kind) => kind.check(cx).await,
            Self::MakeFolder(kind) => kind.check(cx).await,
            Self::Sysctl(kind) => kind.check(cx).await,
            Self::KernelModules(kind) => kind.check(cx).await,
            Self::SwapOff(kind) => kind.check(cx).await,
            Self::Packages(kind) => kind.check(cx).await,
            Self::OsPackages(kind) => kind.check(cx).await,
            Self::Unit(kind) => kind.check(cx).await,
            Self::RunUnit(kind) => kind.check(cx).await,
            Self::KubectlApply(kind) => kind.check(cx).await,
            Self::WaitFor(kind) => kind.check(cx).await,
        }
    }

    /// Makes it so.
    pub async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        match self {
            Self::PlaceFile(kind) => kind.apply(cx).await,
            Self::Unpack(kind) => kind.apply(cx).await,
            Self::MakeFolder(kind) => kind.apply(cx).await,
            Self::Sysctl(kind) => kind.apply(cx).await,
            Self::KernelModules(kind) => kind.apply(cx).await,
            Self::SwapOff(kind) => kind.apply(cx).await,
            Self::Packages(kind) => kind.apply(cx).await,
            Self::OsPackages(kind) => kind.apply(cx).await,
            Self::Unit(kind) => kind.apply(cx).await,
            Self::RunUnit(kind) => kind.apply(cx).await,
            Self::KubectlApply(kind) => kind.apply(cx).await,
            Self::WaitFor(kind) => kind.apply(cx).await,
        }
    }
}

#[cfg(test)]
mod stored_form_tests;
