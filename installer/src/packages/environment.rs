//! The environment in which a host's apt works for us: a folder of its own, a
//! configuration that takes the place of the site's, and one source.

use super::Repository;
use crate::steps::{FETCH_LISTS, Remote, StepError};
use manifests::{Arch, Digest};
use std::time::Duration;

/// The folder on hosts. Not beside the ledger, where apt's helper user may not go.
pub(super) const FOLDER: &str = "/var/cache/bottari/apt";

/// All of apt's configuration; `@` stands for the folder. It is read first, and
/// turns off the site's, which would be read next: its proxies, its pins, what
/// it runs before and after dpkg. The caches are off because apt believes them
/// when a file of the same size was written in the same second.
const CONFIGURATION: &str = r#"Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "@/sources.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Dir::Etc::netrc "/dev/null";
Dir::Etc::netrcparts "/dev/null";
Dir::State "@/state";
Dir::State::lists "@/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Log::Planner "";
Dir::Cache "@";
Dir::Cache::archives "@/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Get::Assume-Yes "true";
APT::Get::Remove "false";
APT::Get::Allow-Downgrades "false";
APT::Get::Allow-Change-Held-Packages "false";
APT::Get::AllowUnauthenticated "false";
APT::Get::AutomaticRemove "false";
APT::Color "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Proxy "DIRECT";
Acquire::https::Proxy "DIRECT";
Acquire::https::Verify-Peer "true";
Acquire::https::Verify-Host "true";
Dpkg::Use-Pty "false";
DPkg::Options { "--force-confdef"; "--force-confold"; };
"#;

/// What every call of apt and dpkg is given. With `SYSTEMD_OFFLINE`, systemctl
/// says of every start, stop and restart that it passes it over; it leaves
/// nothing behind when all is killed, and asks for no `policy-rc.d`, which a
/// site may have one of. `$APT` is the folder.
pub(super) const SURROUNDINGS: &str = r"
unset http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY
export APT_CONFIG=$APT/apt.conf LC_ALL=C DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
export APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l SYSTEMD_OFFLINE=1
";

/// Writes the environment into `$APT`. `$1` the configuration, `$2` the source,
/// each `@` the folder; `$3` the key. apt's helper user has to read what is there.
pub(super) const WRITE: &str = r#"
mkdir -p "$APT/sources.d" "$APT/lists/partial" "$APT/archives/partial" "$APT/state"
printf '%s' "$1" | sed "s#@#$APT#g" > "$APT/apt.conf"
printf '%s' "$2" | sed "s#@#$APT#g" > "$APT/sources.d/bottari.sources"
printf '%s' "$3" > "$APT/bottari.asc"
shift 3
"#;

/// Lists of another bundle go: apt would keep them when they are later ones.
const FORGET: &str = r#"
plain "$APT"
rm -rf "$APT/lists"
"#;

const UPDATE: &str = "apt-get -q update\n";

/// `$1` the digest that the index has to have, if it is known. What is not the
/// bundle that was rehearsed is not used.
const COMPARE: &str = r#"
[ -n "$1" ] || exit 0
found=$(cat "$APT"/lists/*_InRelease | sha256sum)
[ "${found%% *}" != "$1" ] || exit 0
rm -rf "$APT/lists"
echo "${found%% *}" >&2
exit 75
"#;

const OTHER: i32 = 75;

const TIDY_UP: &str = r#"
plain "$APT"
rm -rf "$APT/archives" "$APT/state"
"#;

/// What apt says of a server that asks for a user.
const FOR_USERS: &str = " 401  Unauthorized";

/// Fetching lists takes seconds; a slow line may need more.
const PATIENCE: Duration = Duration::from_mins(5);

/// The texts of the environment.
pub(super) struct Environment([String; 3]);

impl Environment {
    pub(super) fn of(repository: &Repository) -> Self {
        let Repository { url, arch, key, authority, .. } = repository;
        let trusting = |path| format!("Acquire::https::CAInfo \"{path}\";\n");
        let more = authority.as_ref().map(trusting).unwrap_or_default();
        Self::new(url.as_str(), *arch, key, &more)
    }

    /// With a repository that lies in the folder itself.
    pub(super) fn beside(arch: Arch, key: &str) -> Self {
        Self::new("file:@/repository", arch, key, "")
    }

    fn new(url: &str, arch: Arch, key: &str, more: &str) -> Self {
        let source = format!(
            "Types: deb\nURIs: {url}\nSuites: bottari\nComponents: main\nArchitectures: {arch}\n\
             Signed-By: @/bottari.asc\n"
        );
        Self([format!("{CONFIGURATION}{more}"), source, key.to_owned()])
    }

    /// The first arguments of a script that has [`WRITE`] in it.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Makes the environment on a host and fetches the repository's lists, which
/// apt believes for the key alone. Changes nothing outside of our folder.
pub(crate) async fn prepare(host: Remote<'_>, repository: &Repository) -> Result<(), StepError> {
    let script = format!("APT={FOLDER}{FORGET}{WRITE}{SURROUNDINGS}{UPDATE}{COMPARE}");
    let environment = Environment::of(repository);
    let expected = repository.in_release.as_ref().map_or("", Digest::hex);
    let arguments: Vec<&str> = environment.arguments().chain([expected]).collect();
    let done =
        host.run_with(FETCH_LISTS, &script, &arguments, |command| command.deadline(PATIENCE));
    done.await.map(drop).map_err(|error| told(repository, error))
}

/// What is known of a failure, in words of its own.
fn told(repository: &Repository, error: StepError) -> StepError {
    let StepError::Script { host, title, status, said } = error else { return error };
    let url = repository.url.to_string();
    match &repository.in_release {
        Some(expected) if status == OTHER => {
            let found = format!("sha256:{}", said.0.lines().last().unwrap_or_default());
            StepError::OtherBundle { host, url, expected: expected.to_string(), found }
        }
        _ if said.0.contains(FOR_USERS) => StepError::PackagesForUsers { host, url },
        _ => StepError::Script { host, title, status, said },
    }
}

/// Lets go of the downloads; lists and configuration stay to be looked at.
pub(crate) async fn tidy_up(host: Remote<'_>) -> Result<(), StepError> {
    host.run("remove downloads", &format!("APT={FOLDER}{TIDY_UP}"), &[]).await.map(drop)
}
