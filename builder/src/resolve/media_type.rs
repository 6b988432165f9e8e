//! The media type of a file, from its name's ending.

use manifests::lockfile::FileKind;

const YAML: &str = "application/yaml";
const ENDINGS: [(&str, &str); 13] = [
    (".tar.gz", "application/gzip"),
    (".tgz", "application/gzip"),
    (".gz", "application/gzip"),
    (".tar.zst", "application/zstd"),
    (".zst", "application/zstd"),
    (".xz", "application/x-xz"),
    (".tar", "application/x-tar"),
    (".zip", "application/zip"),
    (".deb", "application/vnd.debian.binary-package"),
    (".yaml", YAML),
    (".yml", YAML),
    (".json", "application/json"),
    (".txt", "text/plain"),
];

/// Kubernetes manifests are YAML whatever they are called.
pub(super) fn of(kind: FileKind, name: &str) -> &'static str {
    if kind == FileKind::Manifest {
        return YAML;
    }
    let known = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_the_type_and_a_bare_name_is_a_binary() {
        let file = |name| of(FileKind::File, name);
        assert_eq!(file("cni-plugins-linux-amd64-v1.tgz"), "application/gzip");
        assert_eq!(file("values.yaml"), "application/yaml");
        assert_eq!(file("kubeadm"), "application/octet-stream");
        assert_eq!(of(FileKind::Manifest, "calico"), "application/yaml");
    }
}
