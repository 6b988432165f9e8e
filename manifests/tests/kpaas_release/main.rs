//! The data of this repository: the component definitions parse, the K-PaaS
//! release holds exactly what the golden list says, every digest agrees with the
//! research notes and with upstream's manifests, where those are at hand, and
//! whatever those notes have is in the release or left out for a reason.

mod data;
mod definitions;
mod golden;
mod left_out;
mod notes;
mod patches;
mod upstream;
mod whole;
