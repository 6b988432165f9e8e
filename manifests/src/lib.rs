//! The words of Bottari, parsed once at the border and trusted from then on:
//! digests, image names, component and release files, lockfiles, exit codes,
//! and the events a long job sends. Nothing here touches a network, prints, or
//! reads a file except [`catalog`], which reads the component definitions.

pub mod catalog;
mod checked_name;
pub mod cluster;
pub mod component;
mod component_chart;
mod component_leaves;
mod component_pins;
mod component_steps;
mod descriptor;
mod digest;
pub mod event;
mod failure;
mod image_ref;
pub mod lockfile;
mod lockfile_catalog;
mod lockfile_component;
mod lockfile_notes;
mod lockfile_versions;
mod names;
pub mod overlay;
mod overlay_laying;
pub mod packages;
pub mod patch;
mod platform;
pub mod provenance;
pub mod release;
mod release_arches;
mod release_profiles;
pub mod rules;
mod sbom_format;
pub mod yaml;

pub use checked_name::NameError;
pub use descriptor::Descriptor;
pub use digest::{Algorithm, Digest, DigestError};
pub use failure::{ExitCode, Failure, with_causes};
pub use image_ref::{ImageRef, ImageRefError};
pub use names::{FileName, Name, Role, Version};
pub use platform::{Arch, ArchError, Platform, PlatformError};
pub use sbom_format::SbomFormat;
