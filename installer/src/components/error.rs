//! Why no plan can be made.

use crate::plan::{HostName, WordError};
use manifests::{Arch, ExitCode, Failure, Name, Role, Version};

/// Why this bundle cannot become this cluster.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// No host has the role.
    #[error("no host of the cluster is a control plane")]
    NoControlPlane,
    /// The registry is to speak TLS.
    #[error("there is no certificate for the registry on host `{host}`")]
    NoCertificate {
        /// The host.
        host: HostName,
    },
    /// A host was not looked at.
    #[error("nothing is known of host `{host}`")]
    NoFacts {
        /// The host.
        host: HostName,
    },
    /// The bundle is not for this machine.
    #[error("host `{host}` is {found}: expected one of {}", join(carried))]
    Machine {
        /// The host.
        host: HostName,
        /// Its architecture, as far as it is known.
        found: String,
        /// What the bundle carries.
        carried: Vec<Arch>,
    },
    /// The bundle brings OS packages, and none for this host.
    #[error("host `{host}` runs {found}: the bundle has packages for {}", carried.join(", "))]
    System {
        /// The host.
        host: HostName,
        /// Its system and processor.
        found: String,
        /// What the bundle has packages for.
        carried: Vec<String>,
    },
    /// The lockfile names packages, and nothing in the bundle serves them.
    #[error("the bundle has no signed repository of packages for `{system}`")]
    Repository {
        /// The system.
        system: String,
    },
    /// The bundle lacks a component.
    #[error("the bundle has no component `{component}`, which {why}")]
    Component {
        /// Its name.
        component: String,
        /// What it is needed for.
        why: &'static str,
    },
    /// A component lacks a file.
    #[error(
        "component `{component}` of the bundle has no {file} for {} hosts on {arch}",
        and(roles)
    )]
    File {
        /// The component.
        component: String,
        /// The file, in words.
        file: String,
        /// The hosts' architecture.
        arch: Arch,
        /// The roles of the host that needs it.
        roles: Vec<Role>,
    },
    /// The roles of a host want different things.
    #[error(
        "host `{host}` wants `{component}` in {} for one of its roles and in {} for another",
        versions[0],
        versions[1]
    )]
    Versions {
        /// The host.
        host: HostName,
        /// The component.
        component: Name,
        /// The versions.
        versions: [Version; 2],
    },
    /// No image of the bundle answers to a name.
    #[error("no image of the bundle answers to `{image}`, which {why}")]
    Image {
        /// The name.
        image: String,
        /// What it is needed for.
        why: &'static str,
    },
    /// The component that the cluster file names makes no pod network.
    #[error(
        "nothing in the bundle makes the pod network `{component}` that the cluster file names"
    )]
    NoPodNetwork {
        /// The component.
        component: String,
        /// The components of the bundle that make one.
        known: Vec<String>,
    },
    /// A component applies a manifest that is not there.
    #[error("the bundle does not carry what it installs: {0}")]
    NotCarried(String),
    /// What a component leaves on hosts is nothing that `reset` may undo.
    #[error("component `{component}` leaves something on hosts that `reset` may not touch")]
    Leaves {
        /// The component.
        component: String,
        /// What, and what would be allowed.
        source: WordError,
    },
    /// The address of the cluster file is not on the host.
    #[error("no network interface of host `{host}` has the address {address}")]
    NoInterface {
        /// The host.
        host: HostName,
        /// Its address in the cluster file.
        address: std::net::IpAddr,
    },
    /// A name of the release cannot be a name on a host.
    #[error("the release has a name that no host can have")]
    Word(#[from] WordError),
}

impl Failure for PlanningError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoFacts { .. } | Self::Machine { .. } | Self::NoInterface { .. } => {
                ExitCode::Host
            }
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        let rebuild = "lock and build it again, and carry the new bundle here";
        Some(match self {
            Self::NoControlPlane => "give one host `roles: [control-plane]`".into(),
            Self::NoCertificate { .. } => {
                "run `bottari-installer plan` again, which makes one".into()
            }
            Self::NoFacts { .. } => "run `preflight` and see that the host answers".into(),
            Self::Machine { .. } => {
                format!("add the architecture to `arches:` of the release, {rebuild}")
            }
            Self::System { .. } => {
                format!("add the system to `systems:` of the release, {rebuild}")
            }
            Self::Repository { .. } => {
                "build the bundle with `--apt-key`, and carry the new one here".into()
            }
            Self::Component { component, .. } => {
                format!("add `{component}` to `components:` of the release, {rebuild}")
            }
            Self::NoPodNetwork { component, known } if known.is_empty() => format!(
                "add a component that provides a pod network to the release, or lock `{component}` again when an older builder did; then build, and carry the new bundle here"
            ),
            Self::NoPodNetwork { component, known } => format!(
                "write `plugin: {}` under `network:` of the cluster file, or build a bundle of a release with `{component}`",
                known.join("` or `plugin: ")
            ),
            Self::Leaves { component, .. } => {
                format!("correct `leaves:` in the definition of `{component}`, {rebuild}")
            }
            Self::File { component, .. } => {
                format!("take a version of `{component}` that has it into the release, {rebuild}")
            }
            Self::Versions { .. } => {
                "give the host one role in the cluster file, or its roles one version in the release".into()
            }
            Self::Image { image, .. } => {
                format!("add the component that has `{image}` to the release, {rebuild}")
            }
            Self::NoInterface { .. } => "correct the host's `address` in the cluster file".into(),
            Self::Word(_) | Self::NotCarried(_) => format!("correct the release, {rebuild}"),
        })
    }
}

fn join(arches: &[Arch]) -> String {
    arches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn and(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" and ")
}
