//! URLs in texts: which of them would be fetched when the manifest runs.
//!
//! A URL counts when its host is one of the world outside (a domain, no address,
//! no Service, nothing below `.local` or `.internal`) and it is fetched: its path
//! ends like a file (`.tar.gz`, `.yaml`, `.sh`, `.git` …), or the line holds a
//! command that fetches (`curl`, `wget` …), or the name in front says so
//! (`DOWNLOAD_URL`, `--git-repo`). A mere endpoint or a link to a document is
//! none. What `oci://` names lies in a registry and is nothing but fetched, as a
//! chart by `helm`.
//!
//! Custom resources have fields for what their controllers fetch. There the text
//! as a whole counts when it is `oci://` or ends like a file, and any URL in a
//! resource whose kind says that it is a chart or a place for charts and sources.

use super::words;

/// Fields in which custom resources name what is fetched: of charts and their
/// repositories, of sources in Git and elsewhere.
const FIELDS: [&str; 5] = ["chart", "repo", "repourl", "repository", "url"];

const SUFFIXES: [&str; 27] = [
    ".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".zip", ".yaml", ".yml", ".json", ".sh", ".deb",
    ".rpm", ".apk", ".exe", ".whl", ".jar", ".war", ".bin", ".iso", ".img", ".qcow2", ".wasm",
    ".so", ".git", ".pem", ".crt",
];

const SCHEMES: [&str; 3] = ["https", "http", "oci"];

/// Commands that fetch what a URL names.
const COMMANDS: [&str; 13] = [
    "curl",
    "wget",
    "aria2c",
    "git clone",
    "git fetch",
    "helm repo",
    "helm pull",
    "helm install",
    "helm upgrade",
    "helm template",
    "kubectl apply",
    "kubectl create",
    "pip install",
];

/// Names within a cluster or a host.
const INSIDE: [&str; 7] =
    [".local", ".svc", ".internal", ".localhost", ".localdomain", ".test", ".invalid"];

/// How much a custom resource says of the URLs in its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fields {
    /// It is none: nothing.
    #[default]
    Silent,
    /// What is a file or lies in a registry is fetched.
    Files,
    /// Whatever it names is fetched: it is a chart or a repository.
    Sources,
}

impl Fields {
    /// By the version and the kind of an object.
    pub(super) fn of(version: &str, kind: &str) -> Self {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let is_custom = group.contains('.') && !group.ends_with(".k8s.io");
        match is_custom {
            true if kind.ends_with("Chart") || kind.ends_with("Repository") => Self::Sources,
            true => Self::Files,
            false => Self::Silent,
        }
    }

    /// Within a text of the resource, which may be about anything.
    pub(super) fn in_text(self) -> Self {
        if self == Self::Sources { Self::Files } else { self }
    }

    /// The URL in the field of this name, when it would be fetched.
    pub(super) fn fetched<'a>(self, text: &'a str, name: &str) -> Option<&'a str> {
        let url = text.trim();
        let is_whole = urls(url).first().is_some_and(|first| *first == url);
        let is_field = FIELDS.contains(&name.to_ascii_lowercase().as_str());
        let is_fetched = self == Self::Sources || is_in_registry(url) || is_file(url);
        let is_asked = self != Self::Silent && is_field && is_whole;
        (is_asked && is_outside(url) && is_fetched).then_some(url)
    }
}

/// The URLs of a line that would be fetched; `name` is what stands in front.
pub(super) fn fetched<'a>(line: &'a str, name: &str) -> Vec<&'a str> {
    let is_fetching =
        COMMANDS.iter().any(|command| holds(line, command)) || words::says_fetch(name);
    let is_fetched =
        |url: &&str| is_outside(url) && (is_fetching || is_in_registry(url) || is_file(url));
    urls(line).into_iter().filter(is_fetched).collect()
}

/// A command stands by itself: `curl`, not `curlew`.
fn holds(line: &str, command: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(command).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + command.len()..]);
        !before.ends_with(is_letter) && !after.starts_with(is_letter)
    })
}

fn urls(line: &str) -> Vec<&str> {
    let schemes = line.match_indices("://").filter_map(|(at, _)| {
        let begins = SCHEMES.into_iter().find(|scheme| line[..at].ends_with(scheme))?;
        Some(&line[at - begins.len()..])
    });
    schemes
        .map(|rest| {
            let end = rest.find(|c: char| c.is_whitespace() || "\"'`<>()|;,\\".contains(c));
            trimmed(&rest[..end.unwrap_or(rest.len())])
        })
        .collect()
}

/// Without what closes the sentence or the list around it.
fn trimmed(url: &str) -> &str {
    let url = url.trim_end_matches(['.', ':', ']']);
    if url.contains('{') { url } else { url.trim_end_matches('}') }
}

fn is_outside(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_domain = host.contains('.') && last.bytes().all(|b| b.is_ascii_alphabetic());
    let is_inside = INSIDE.iter().any(|suffix| host.ends_with(suffix));
    is_domain && !last.is_empty() && !is_inside && !host.contains(".svc.")
}

/// Something in a registry, and not the registry itself.
fn is_in_registry(url: &str) -> bool {
    let place = url.strip_prefix("oci://").and_then(|rest| rest.split_once('/'));
    place.is_some_and(|(_, path)| !path.is_empty())
}

fn is_file(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next());
    last.is_some_and(|last| SUFFIXES.iter().any(|suffix| last.ends_with(suffix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_file_is_fetched() {
        let line = "--from=https://dl.example.org/a/tool.tar.gz, https://a.io/x.yaml?ref=1";
        let found = ["https://dl.example.org/a/tool.tar.gz", "https://a.io/x.yaml?ref=1"];
        assert_eq!(fetched(line, ""), found);
    }

    #[test]
    fn a_command_or_a_name_that_fetches_needs_no_ending() {
        let line = "if x; then curl -sSL \"https://get.example.org/${VERSION}/run\" | sh; fi";
        assert_eq!(fetched(line, ""), ["https://get.example.org/${VERSION}/run"]);
        assert_eq!(fetched("https://github.com/a/b", "GIT_SYNC_REPO"), ["https://github.com/a/b"]);
        let line = "helm upgrade --install a a --repo https://charts.example.org";
        assert_eq!(fetched(line, ""), ["https://charts.example.org"]);
    }

    #[test]
    fn what_lies_in_a_registry_is_fetched() {
        let line = "helm upgrade --install vault 'oci://registry.example.org/charts/vault' -n x";
        assert_eq!(fetched(line, ""), ["oci://registry.example.org/charts/vault"]);
        assert_eq!(fetched("oci://ghcr.io/a/b:1.0", "args"), ["oci://ghcr.io/a/b:1.0"]);
        for line in ["oci://ghcr.io", "oci://ghcr.io/", "oci://registry:5000/a", "oci:///var/x"] {
            assert_eq!(fetched(line, ""), [""; 0], "{line}");
        }
    }

    #[test]
    fn a_custom_resource_names_what_is_fetched_in_fields_for_that() {
        let of = |fields: Fields, name: &str, text: &str| fields.fetched(text, name).is_some();
        for (name, text) in [
            ("chart", "oci://registry.example.org/charts/vault"),
            ("chart", "https://charts.example.org/vault-0.19.0.tgz"),
            ("repoURL", "https://git.example.org/a/b.git"),
            ("url", " oci://registry.example.org/charts/vault "),
        ] {
            assert!(of(Fields::Files, name, text), "{name}: {text}");
            assert!(!of(Fields::Silent, name, text), "{name}: {text}");
        }
        for (name, text) in [
            ("chart", "vault"),
            ("url", "https://issuer.example.org/realms/main"),
            ("homepage", "https://example.org/manual.yaml"),
            ("url", "see https://example.org/manual.yaml"),
            ("url", "https://files.kube-system.svc/x.yaml"),
        ] {
            assert!(!of(Fields::Files, name, text), "{name}: {text}");
        }
        assert!(of(Fields::Sources, "repo", "https://charts.example.org"));
        assert!(!of(Fields::Sources, "repo", "http://charts.kube-system.svc"));
    }

    #[test]
    fn the_kind_of_a_resource_says_whether_all_it_names_is_fetched() {
        for (version, kind, fields) in [
            ("helm.cattle.io/v1", "HelmChart", Fields::Sources),
            ("source.toolkit.fluxcd.io/v1", "GitRepository", Fields::Sources),
            ("argoproj.io/v1alpha1", "Application", Fields::Files),
            ("apps/v1", "Deployment", Fields::Silent),
            ("v1", "ConfigMap", Fields::Silent),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition", Fields::Silent),
        ] {
            assert_eq!(Fields::of(version, kind), fields, "{version} {kind}");
        }
    }

    #[test]
    fn endpoints_links_and_what_is_inside_are_not_fetched() {
        for line in [
            "https://acme-v02.api.letsencrypt.org/directory",
            "see https://kubernetes.io/docs/concepts/",
            "curl http://localhost:9098/x.yaml",
            "curl https://10.0.0.1/x.tar.gz",
            "curl http://minio:9000/x.tar.gz",
            "wget https://files.kube-system.svc.cluster.local/x.sh",
            "http://metadata.google.internal/a.json",
            "https://example.yaml",
            "http://",
            "a curlew at https://birds.org/",
        ] {
            assert_eq!(fetched(line, ""), [""; 0], "{line}");
        }
    }
}
