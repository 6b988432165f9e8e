//! The media type of a file, from its name's ending.

use manifests::lockfile::FileKind;

const YAML: &str = "application/yaml";
/// What Helm calls the archive of a chart in an OCI registry.
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
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
    match kind {
        FileKind::File => of_file(name),
        FileKind::Manifest => YAML,
        FileKind::Chart => CHART,
    }
}

fn of_file(name: &str) -> &'static str {
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
        let chart = of(FileKind::Chart, "nfs-4.0.18.tgz");
        assert_eq!(chart, "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
    }
}
