//! The data of this repository: the component definitions parse, the K-PaaS
//! release holds exactly what the golden list says, every digest agrees with the
//! research notes and with upstream's manifests, where those are at hand, whatever
//! those notes have is in the release or left out for a reason, what proves each
//! file is what a second list says, and every conflict of the documents is
//! answered.

mod conflicts;
mod data;
mod definitions;
mod golden;
mod left_out;
mod notes;
mod patches;
mod proofs;
mod upstream;
mod whole;
