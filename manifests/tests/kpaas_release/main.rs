//! The data of this repository: the component definitions parse, the K-PaaS
//! release holds exactly what the golden list says, and every digest agrees
//! with the research notes and with upstream's manifests, where those are at
//! hand.

mod data;
mod definitions;
mod golden;
mod notes;
mod patches;
mod upstream;
