//! The words a plan and a ledger are made of, each checked once, here. A plan
//! read from a file and a ledger read from a host hold the same types, so
//! neither can name a place or a thing that a step could not have placed.

use super::word_type;
use crate::transport::HostPath;

word_type!(
    /// A step: its host first, then from the wide to the narrow, such as
    /// `worker-1/runtime/crio.service`. People type it, units are named by it.
    StepId,
    "a step",
    "2 to 5 parts of letters, digits, `.`, `_`, `@` and `-` with `/` between them, 120 in all",
    |text| {
        let part = |part: &str| plain(part, "._@-");
        text.len() <= 120 && (2..=5).contains(&text.split('/').count()) && text.split('/').all(part)
    }
);

impl StepId {
    /// The first part: the host.
    pub fn host(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The id in one word, for units and files. `--` stands for the slash, as
    /// no two ids of one plan may share a unit, the check of the plan asks.
    pub fn unit_stem(&self) -> String {
        format!("bottari-{}", self.0.replace('/', "--").replace('@', "-"))
    }
}

word_type!(
    /// One execution of a plan, from its first step to its last, however often
    /// it was interrupted.
    RunId,
    "a run",
    "1 to 64 of letters, digits and `-`",
    |text| text.len() <= 64 && plain(text, "-")
);

word_type!(
    /// A file or folder on a host, in one of the places that are ours to
    /// change: see [`PLACES`].
    ManagedPath,
    "a path that we may change",
    "an absolute path without `..` in one of the places an installation uses",
    |text| text.len() <= 400 && clean(text) && PLACES.iter().any(|place| within(text, place))
);

/// The only places where steps put files and `reset` takes them away. A place
/// ending in `/` is a folder whose inside is ours, any other is one file or the
/// folder itself and all within.
pub const PLACES: &[&str] = &[
    "/etc/bottari",
    "/etc/cni",
    "/etc/containerd",
    "/etc/containers",
    "/etc/crictl.yaml",
    "/etc/crio",
    "/etc/default/kubelet",
    "/etc/etcd",
    "/etc/haproxy/",
    "/etc/keepalived/",
    "/etc/kubeedge",
    "/etc/kubernetes",
    "/etc/modules-load.d/",
    "/etc/sysctl.d/",
    "/etc/systemd/network/",
    "/etc/systemd/resolved.conf.d/",
    "/etc/systemd/system/",
    "/etc/udev/rules.d/",
    "/opt/bottari",
    "/opt/cni",
    "/opt/kubernetes",
    "/root/.kube",
    "/run/calico",
    "/run/nodeagent",
    "/usr/libexec/crio",
    "/usr/local/bin/",
    "/usr/local/lib/",
    "/usr/local/sbin/",
    "/usr/local/share/bottari",
    "/var/lib/bottari",
    "/var/lib/calico",
    "/var/lib/cni",
    "/var/lib/containers",
    "/var/lib/crio",
    "/var/lib/etcd",
    "/var/lib/kubeedge",
    "/var/lib/kubelet",
    "/var/log/bottari",
    "/var/log/calico",
    "/var/log/kubernetes",
];

impl ManagedPath {
    /// The same path for a transport.
    pub fn to_host_path(&self) -> HostPath {
        self.0.parse().expect("every managed path is a path on a host")
    }

    /// The folders above it, the highest first: `/etc`, `/etc/crio`.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').skip(1).map(|(end, _)| &self.0[..end])
    }
}

/// Absolute, one slash at a time, no `.` or `..`, nothing a shell or a line of
/// output could take for something else.
fn clean(path: &str) -> bool {
    let part = |part: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b"._+~@:-".contains(&b);
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(inside)
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part))
}

fn within(path: &str, place: &str) -> bool {
    match place.strip_suffix('/') {
        Some(_) => path.starts_with(place),
        None => {
            path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

word_type!(
    /// A systemd unit.
    UnitName,
    "a unit",
    "letters, digits, `:`, `_`, `.`, `@` and `-`, ending in .service, .socket, .timer, .target, .mount or .path",
    |text| {
        let kinds = [".service", ".socket", ".timer", ".target", ".mount", ".path"];
        let stem = kinds.iter().find_map(|kind| text.strip_suffix(kind));
        text.len() <= 200 && stem.is_some_and(|stem| plain(stem, ":_.@-"))
    }
);

impl UnitName {
    /// Where we write it.
    pub fn path(&self) -> ManagedPath {
        ManagedPath(format!("/etc/systemd/system/{}", self.0))
    }
}

word_type!(
    /// A Debian package, without its architecture.
    PackageName,
    "a package",
    "2 or more of a-z, 0-9, `+`, `.` and `-`, beginning with a letter or digit",
    |text| {
        let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
        (2..=100).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(inside)
    }
);

word_type!(
    /// A version of a Debian package: epoch, upstream's version, revision.
    DebVersion,
    "a version of a package",
    "1 to 100 of letters, digits and `.+~:-`, beginning with a digit",
    |text| {
        text.len() <= 100 && text.starts_with(|c: char| c.is_ascii_digit()) && plain(text, ".+~:-")
    }
);

word_type!(
    /// A kernel setting in one of the families that Kubernetes needs, with
    /// dots: `net.ipv4.ip_forward`.
    SysctlKey,
    "a kernel setting that we may change",
    "a key in net., vm., user., fs.inotify., fs.file-max, kernel.panic or kernel.keys.",
    |text| {
        let families =
            ["net.", "vm.", "user.", "fs.inotify.", "fs.file-max", "kernel.panic", "kernel.keys."];
        let inside = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
        let part = |part: &str| !part.is_empty() && part.bytes().all(inside);
        text.len() <= 100
            && families.iter().any(|family| text.starts_with(family))
            && text.split('.').all(part)
    }
);

impl SysctlKey {
    /// Where the kernel shows it.
    pub fn path(&self) -> String {
        format!("/proc/sys/{}", self.0.replace('.', "/"))
    }
}

word_type!(
    /// What a kernel setting is set to: numbers, words, spaces.
    SysctlValue,
    "a value of a kernel setting",
    "1 to 200 of letters, digits, spaces, tabs and `.,:/_-`",
    |text| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b" \t.,:/_-".contains(&b);
        (1..=200).contains(&text.len()) && text.bytes().all(inside)
    }
);

word_type!(
    /// A kernel module.
    ModuleName,
    "a kernel module",
    "1 to 60 of letters, digits, `_` and `-`",
    |text| text.len() <= 60 && plain(text, "_-")
);

word_type!(
    /// A swap device or file, as the kernel lists it.
    SwapDevice,
    "a swap device",
    "an absolute path without `..`",
    |text| text.len() <= 200 && clean(text)
);

word_type!(
    /// Permission bits of a file, in octal: `0644`. No set-user-id.
    Mode,
    "a mode",
    "4 octal digits, the first of them 0",
    |text| text.len() == 4 && text.starts_with('0') && text.bytes().all(|b| matches!(b, b'0'..=b'7'))
);

word_type!(
    /// Who owns a file: `root:root`, `0:0`.
    Owner,
    "an owner",
    "`user:group`, each of letters, digits, `_` and `-`",
    |text| {
        let name = |name: &str| name.len() <= 40 && plain(name, "_-");
        text.split_once(':').is_some_and(|(user, group)| name(user) && name(group))
    }
);

impl Mode {
    /// `0644`, for what everybody may read.
    pub fn readable() -> Self {
        Self("0644".into())
    }

    /// `0755`, for programs and folders.
    pub fn executable() -> Self {
        Self("0755".into())
    }

    /// `0600`, for secrets.
    pub fn secret() -> Self {
        Self("0600".into())
    }
}

impl Owner {
    /// `root:root`.
    pub fn root() -> Self {
        Self("root:root".into())
    }
}

/// Letters and digits, and after the first character also `more`.
fn plain(text: &str, more: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_places_that_are_ours() {
        for text in ["/etc/crio/crio.conf", "/usr/local/bin/kubeadm", "/etc/crictl.yaml"] {
            assert_eq!(text.parse::<ManagedPath>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "/",
            "etc/crio",
            "/etc/passwd",
            "/etc/crio/../passwd",
            "/etc/crio//x",
            "/etc/crio/",
            "/etc/criox",
            "/usr/local/bin",
            "/etc/crio/a b",
            "/etc/crio/a\nb",
            "/etc/crio/./x",
            "/etc/crio/$(x)",
            "/etc/crio/\u{e9}",
            "/etc/ssh/sshd_config",
            "/etc/sysctl.d",
        ] {
            assert!(text.parse::<ManagedPath>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_folders_of_a_path_come_from_the_top() {
        let path: ManagedPath = "/etc/crio/crio.conf.d/10.conf".parse().unwrap();
        assert_eq!(
            path.folders().collect::<Vec<_>>(),
            ["/etc", "/etc/crio", "/etc/crio/crio.conf.d"]
        );
    }

    #[test]
    fn a_step_names_its_host_and_its_unit() {
        let id: StepId = "worker-1/runtime/crio.service".parse().unwrap();
        assert_eq!(id.host(), "worker-1");
        assert_eq!(id.unit_stem(), "bottari-worker-1--runtime--crio.service");
        for text in ["", "a", "a/", "/a", "a//b", "a/../b", "a/b c", "a/b/c/d/e/f"] {
            assert!(text.parse::<StepId>().is_err(), "{text}");
        }
    }

    #[test]
    fn kernel_settings_that_run_programs_are_not_ours() {
        assert!("net.ipv4.ip_forward".parse::<SysctlKey>().is_ok());
        for text in ["kernel.core_pattern", "kernel.modprobe", "net..x", "net.", "net./x", "vm"] {
            assert!(text.parse::<SysctlKey>().is_err(), "{text}");
        }
        assert!("1\n2".parse::<SysctlValue>().is_err());
    }

    #[test]
    fn units_packages_modules_modes_and_owners_are_plain_words() {
        assert!("crio.service".parse::<UnitName>().is_ok());
        assert!("libc6".parse::<PackageName>().is_ok());
        assert!("br_netfilter".parse::<ModuleName>().is_ok());
        assert!("0644".parse::<Mode>().is_ok());
        assert!("root:root".parse::<Owner>().is_ok());
        for text in ["crio", "../x.service", "a/b.service", ".service", "-x.service"] {
            assert!(text.parse::<UnitName>().is_err(), "{text}");
        }
        assert!("-x".parse::<PackageName>().is_err());
        assert!("a b".parse::<ModuleName>().is_err());
        assert!("4755".parse::<Mode>().is_err());
        assert!("root".parse::<Owner>().is_err());
    }

    #[test]
    fn the_message_says_what_was_expected() {
        let error = "/etc/passwd\n".parse::<ManagedPath>().unwrap_err().to_string();
        assert!(error.starts_with("`/etc/passwd\\n` is not a path that we may change"), "{error}");
    }
}
