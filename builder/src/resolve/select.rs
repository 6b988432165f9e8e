//! Which images of an index are carried.

use crate::registry::Child;
use manifests::{Arch, Platform};

/// Whether a child of an index is carried.
pub(super) fn is_carried(child: &Child, arches: &[Arch], all_platforms: bool) -> bool {
    all_platforms || runs_on_any(child.platform.as_ref(), arches)
}

fn runs_on_any(platform: Option<&Platform>, arches: &[Arch]) -> bool {
    platform.is_some_and(|platform| arches.iter().any(|arch| platform.runs_on(*arch)))
}

/// The first wanted architecture that none of these platforms serves.
pub(super) fn missing(platforms: &[Option<&Platform>], arches: &[Arch]) -> Option<Arch> {
    let served = |arch: &Arch| platforms.iter().flatten().any(|platform| platform.runs_on(*arch));
    arches.iter().find(|arch| !served(arch)).copied()
}

/// The platforms for a message.
pub(super) fn listed(platforms: &[Option<&Platform>]) -> String {
    let name = |platform: Option<&Platform>| match platform {
        Some(platform) => platform.to_string(),
        None => "an entry without platform".to_owned(),
    };
    let names: Vec<_> = platforms.iter().copied().map(name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::{Descriptor, Digest};

    fn children(platforms: &[&str]) -> Vec<Child> {
        let digest = Digest::from_sha256(&[0; 32]);
        let child = |platform: &&str| Child {
            descriptor: Descriptor { digest: digest.clone(), size: 0, media_type: String::new() },
            platform: platform.parse().ok(),
        };
        platforms.iter().map(child).collect()
    }

    #[test]
    fn only_what_runs_on_a_wanted_architecture_is_carried_unless_all_are_wanted() {
        let children =
            children(&["linux/amd64", "linux/arm64/v8", "linux/arm64/v9", "unknown/unknown", ""]);
        let carried = |arches: &[Arch], all| -> Vec<bool> {
            children.iter().map(|child| is_carried(child, arches, all)).collect()
        };
        assert_eq!(carried(&[Arch::Arm64], false), [false, true, false, false, false]);
        assert_eq!(carried(&[Arch::Amd64], true), [true; 5]);
    }

    #[test]
    fn a_missing_architecture_is_found_and_what_exists_is_listed() {
        let children = children(&["linux/amd64", "unknown/unknown", ""]);
        let platforms: Vec<_> = children.iter().map(|child| child.platform.as_ref()).collect();
        assert_eq!(missing(&platforms, &[Arch::Amd64, Arch::Arm64]), Some(Arch::Arm64));
        assert_eq!(missing(&platforms, &[Arch::Amd64]), None);
        assert_eq!(listed(&platforms), "linux/amd64, unknown/unknown, an entry without platform");
    }
}
