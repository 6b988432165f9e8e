//! `check` against real manifests: those of upstream where they are at hand, and
//! the release that this repository is about.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

mod answers;
mod charts;
mod made_up;
mod release;
mod upstream;
mod versions;
