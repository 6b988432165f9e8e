//! URLs in texts: which of them would be fetched when the manifest runs.
//!
//! A URL counts when its host is one of the world outside (a domain, no address,
//! no Service, nothing below `.local` or `.internal`) and it is fetched: its path
//! ends like a file (`.tar.gz`, `.yaml`, `.sh`, `.git` …), or the line holds a
//! command that fetches (`curl`, `wget` …), or the name in front says so
//! (`DOWNLOAD_URL`, `--git-repo`). A mere endpoint or a link to a document is
//! none.

use super::words;

const SUFFIXES: [&str; 27] = [
    ".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".zip", ".yaml", ".yml", ".json", ".sh", ".deb",
    ".rpm", ".apk", ".exe", ".whl", ".jar", ".war", ".bin", ".iso", ".img", ".qcow2", ".wasm",
    ".so", ".git", ".pem", ".crt",
];

/// Commands that fetch what a URL names.
const COMMANDS: [&str; 11] = [
    "curl",
    "wget",
    "aria2c",
    "git clone",
    "git fetch",
    "helm repo",
    "helm pull",
    "helm install",
    "kubectl apply",
    "kubectl create",
    "pip install",
];

/// Names within a cluster or a host.
const INSIDE: [&str; 7] =
    [".local", ".svc", ".internal", ".localhost", ".localdomain", ".test", ".invalid"];

/// The URLs of a line that would be fetched; `name` is what stands in front.
pub(super) fn fetched<'a>(line: &'a str, name: &str) -> Vec<&'a str> {
    let is_fetching =
        COMMANDS.iter().any(|command| holds(line, command)) || words::says_fetch(name);
    let is_fetched = |url: &&str| is_outside(url) && (is_fetching || is_file(url));
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
    let begins = line.match_indices("http").map(|(at, _)| &line[at..]);
    let urls = begins.filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"));
    urls.map(|rest| {
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
