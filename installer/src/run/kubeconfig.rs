//! The administrator's access to a finished cluster, for the operator.

use super::RunError;
use crate::steps::Remote;
use manifests::cluster::Endpoint;
use std::{
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where kubeadm puts it on a control plane.
pub const ADMIN_CONF: &str = "/etc/kubernetes/admin.conf";

/// More than any such file has, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Reads the access from the control plane and writes it into `folder`, for its
/// owner's eyes only, with the server as clients reach it.
pub async fn hand_over(
    host: Remote<'_>,
    endpoint: &Endpoint,
    folder: &Path,
) -> Result<PathBuf, RunError> {
    let path = ADMIN_CONF.parse().expect("a plain path");
    let bytes = host.transport.read_file(&path, LARGEST).await?;
    let bytes = bytes.ok_or_else(|| RunError::NoAdminConf { host: host.name.clone() })?;
    let text = with_server(&String::from_utf8_lossy(&bytes), endpoint);
    let text = text.ok_or_else(|| RunError::OddAdminConf { host: host.name.clone() })?;
    let path = folder.join("kubeconfig");
    match write_secret(folder, &path, &text) {
        Ok(()) => Ok(path),
        Err(source) => Err(RunError::Write { path, source }),
    }
}

/// The text with its one `server:` line pointing to `endpoint`; all else stays
/// as kubeadm wrote it.
fn with_server(text: &str, endpoint: &Endpoint) -> Option<String> {
    let mut found = false;
    let mut line = |line: &str| match line.trim_start().starts_with("server: https://") {
        true => {
            found = true;
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}server: https://{endpoint}\n")
        }
        false => format!("{line}\n"),
    };
    let text: String = text.lines().map(&mut line).collect();
    found.then_some(text)
}

fn write_secret(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
