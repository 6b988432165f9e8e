//! Architectures: a site takes those of a release that its machines have.

use crate::{Arch, release::Release};

/// An architecture that the release does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the release has no {arch}; it has: {}", listed(.known))]
pub struct UnknownArch {
    /// What was wanted.
    pub arch: Arch,
    /// What there is.
    pub known: Vec<Arch>,
}

impl Release {
    /// The release as if it had been written for these architectures alone; as
    /// it is without any.
    pub fn on(&self, arches: &[Arch]) -> Result<Self, UnknownArch> {
        if let Some(arch) = arches.iter().find(|arch| !self.arches.contains(arch)) {
            return Err(UnknownArch { arch: *arch, known: self.arches.clone() });
        }
        let mut release = self.clone();
        release.arches.retain(|arch| arches.is_empty() || arches.contains(arch));
        Ok(release)
    }
}

fn listed(arches: &[Arch]) -> String {
    let names: Vec<_> = arches.iter().map(|arch| arch.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn release(arches: &str) -> Release {
        let text = format!(
            "release: r\nversion: '1'\nserial: 1\ntitle: t\narches: [{arches}]\ncomponents: [{{name: a, version: v1}}]\n"
        );
        Release::parse(Path::new("r.yaml"), &text).unwrap()
    }

    #[test]
    fn those_that_are_wanted_stay_and_without_any_all_do() {
        let both = release("amd64, arm64");
        assert_eq!(both.on(&[Arch::Arm64]).unwrap().arches, [Arch::Arm64]);
        assert_eq!(both.on(&[Arch::Arm64, Arch::Amd64, Arch::Arm64]).unwrap(), both);
        assert_eq!(both.on(&[]).unwrap(), both);
    }

    #[test]
    fn one_that_is_not_there_is_refused_with_those_that_are() {
        let error = release("amd64").on(&[Arch::Arm64]).unwrap_err();
        assert_eq!(error.to_string(), "the release has no arm64; it has: amd64");
    }
}
