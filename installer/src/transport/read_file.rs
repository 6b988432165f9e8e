//! Reads a small file of a host.

use super::{HostPath, RemoteCommand, Transport, TransportError};

const ABSENT: i32 = 71;
const TOO_LARGE: i32 = 72;
const SCRIPT: &str = r#"
[ -e "$1" ] || exit 71
[ -f "$1" ] || { echo "not a regular file" >&2; exit 1; }
[ "$(stat -L -c %s -- "$1")" -le "$2" ] || exit 72
exec cat -- "$1"
"#;

/// The bytes of a file, or nothing when there is none.
pub(crate) async fn read_file(
    transport: &dyn Transport,
    path: &HostPath,
    limit: u64,
) -> Result<Option<Vec<u8>>, TransportError> {
    let host = transport.host().to_owned();
    let title = format!("read {path}");
    let keep = usize::try_from(limit).unwrap_or(usize::MAX);
    let arguments = [path.to_string(), limit.to_string()];
    let command = RemoteCommand::script(&title, SCRIPT, arguments).keep(keep);
    let finished = transport.run(&command).await?;
    let too_large = || TransportError::TooLarge { host: host.clone(), path: path.clone(), limit };
    match finished.status {
        ABSENT => Ok(None),
        TOO_LARGE => Err(too_large()),
        _ => {
            let stdout = finished.expect_success(&host, &title)?.stdout;
            // It may have grown between the question and the answer.
            if stdout.dropped_bytes > 0 { Err(too_large()) } else { Ok(Some(stdout.bytes)) }
        }
    }
}
