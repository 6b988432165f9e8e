//! Reads what dpkg knows on hosts.

use super::HostPackages;
use crate::{
    facts::{FactsError, answer::Answer, each_host},
    transport::{Reach, RemoteCommand, Transport, ssh::Connector},
};
use manifests::Arch;

/// dpkg writes each change into a file of its own until it is done.
const SCRIPT: &str = r#"
section() { printf '== %s\n' "$1"; sed -e 's/^/| /'; }
cat /etc/os-release 2>/dev/null | section os-release
dpkg --print-architecture 2>/dev/null | section arch
ls /var/lib/dpkg/updates 2>/dev/null | section unfinished
printf '== end\n'
"#;

const STATUS: &str = "/var/lib/dpkg/status";
/// A desktop with all its packages has a tenth of it.
const LARGEST_STATUS: u64 = 64 * 1024 * 1024;

/// The packages of one host, or why they are not known.
pub type Fetched = (String, Result<HostPackages, FactsError>);

/// The packages of many hosts in their order, `parallel` at a time.
pub async fn fetch_packages(
    connector: &Connector,
    hosts: &[Reach],
    parallel: usize,
) -> Vec<Fetched> {
    each_host(connector, hosts, parallel, async |session| fetch(&session).await).await
}

pub(super) async fn fetch(transport: &dyn Transport) -> Result<HostPackages, FactsError> {
    let host = transport.host();
    let failed = |error| FactsError::Transport { host: host.to_owned(), source: Box::new(error) };
    let title = "look at dpkg";
    let command = RemoteCommand::script(title, SCRIPT, [""; 0]);
    let said = transport.run(&command).await.map_err(failed)?;
    let said = said.expect_success(host, title).map_err(failed)?.text();
    let answer =
        Answer::read(&said).ok_or_else(|| FactsError::Incomplete { host: host.to_owned() })?;
    let (system, arch) = (system(host, &answer)?, arch(host, &answer)?);
    if !answer.lines("unfinished").is_empty() {
        return Err(FactsError::DpkgUnfinished { host: host.to_owned() });
    }
    let path = STATUS.parse().expect("it is a path");
    let status = transport.read_file(&path, LARGEST_STATUS).await.map_err(failed)?;
    let status = status.ok_or_else(|| FactsError::NoDpkg { host: host.to_owned() })?;
    HostPackages::read(host, system, arch, status)
}

/// The system's name as releases write it, and as files may be called.
fn system(host: &str, answer: &Answer) -> Result<String, FactsError> {
    let field = |name: &str| {
        let lines = answer.lines("os-release").iter();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
    };
    let (id, version) = (field("ID"), field("VERSION_ID"));
    let plain = |word: &str| {
        let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.';
        !word.is_empty() && word.bytes().all(inside)
    };
    match plain(&id) && plain(&version) && !version.starts_with('.') && !id.starts_with('.') {
        true => Ok(format!("{id}-{version}")),
        false => Err(FactsError::System { host: host.to_owned(), id, version }),
    }
}

fn arch(host: &str, answer: &Answer) -> Result<Arch, FactsError> {
    let found = answer.word("arch");
    let found = found.ok_or_else(|| FactsError::NoDpkg { host: host.to_owned() })?;
    found.parse().map_err(|_stranger| FactsError::PackageArch { host: host.to_owned(), found })
}
