//! The two scripts an upload runs on the host.

use super::{Session, Upload};
use crate::transport::{Finished, RemoteCommand, Transport, TransportError};
use manifests::Algorithm;
use std::time::Duration;

/// What lies at the place of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The right bytes; mode and owner are right now, too.
    Same { adjusted: bool },
    /// A beginning, from an upload that was cut.
    Partial { size: u64, sha256: String },
    /// Nothing of use.
    Nothing,
}

/// `$1` path, `$2` size, `$3` digest, `$4` its program, `$5` mode, `$6` owner
/// or nothing. Answers with one line.
const LOOK: &str = r#"
part=$1.bottari-partial
[ -d "$(dirname -- "$1")" ] || { echo no-folder; exit 0; }
if [ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %s -- "$1")" = "$2" ]; then
  found=$("$4" < "$1") || exit 1
  if [ "${found%% *}" = "$3" ]; then
    word=same
    if [ "$(stat -c %a -- "$1")" != "$5" ]; then chmod "$5" -- "$1" || exit 1; word=adjusted; fi
    if [ -n "$6" ] && [ "$(stat -c %U:%G -- "$1")" != "$6" ]; then
      chown "$6" -- "$1" || exit 1; word=adjusted
    fi
    rm -f -- "$part"
    echo "$word"; exit 0
  fi
fi
if [ -f "$part" ] && [ ! -L "$part" ]; then
  size=$(stat -c %s -- "$part") && found=$(sha256sum < "$part") || exit 1
  echo "partial $size ${found%% *}"
else
  rm -rf -- "$part"
  echo nothing
fi
"#;

/// `$1` path, `$2` offset, `$3` size, `$4` digest, `$5` its program, `$6` mode,
/// `$7` owner or nothing. `set -C` creates the file and follows no link.
const RECEIVE: &str = r#"
umask 077
part=$1.bottari-partial
if [ "$2" = 0 ]; then
  rm -f -- "$part" || exit 1
  set -C; : > "$part" || exit 1; set +C
elif [ -L "$part" ] || [ "$(stat -c %s -- "$part")" != "$2" ]; then
  exit 78
fi
cat >> "$part" || exit 1
size=$(stat -c %s -- "$part") || exit 1
[ "$size" -ge "$3" ] || exit 77
found=$("$5" < "$part") || exit 1
[ "${found%% *}" = "$4" ] || { rm -f -- "$part"; exit 78; }
chmod "$6" -- "$part" || exit 1
[ -z "$7" ] || chown "$7" -- "$part" || exit 1
sync -- "$part" && mv -fT -- "$part" "$1" && sync -- "$(dirname -- "$1")"
"#;
/// The stream ended early; what came is kept.
const CUT: i32 = 77;
/// The bytes are wrong and gone.
const WRONG: i32 = 78;

/// The slowest disk we wait for, in bytes per second.
const SLOWEST_DISK: u64 = 5_000_000;
/// The slowest line we wait for, as long as it moves at all.
const SLOWEST_LINE: u64 = 20_000;

/// Looks what is there, and puts mode and owner of the right bytes right.
pub(super) async fn look(session: &Session, upload: &Upload) -> Result<Found, TransportError> {
    let title = format!("look at {}", upload.path);
    let mut arguments = vec![upload.path.to_string()];
    arguments.extend(promise(upload));
    let hashing = Duration::from_secs(60 + upload.size / SLOWEST_DISK);
    let command = RemoteCommand::script(&title, LOOK, arguments).deadline(hashing);
    let finished = session.run(&command).await?.expect_success(session.host(), &title)?;
    let answer = finished.text();
    match answer.split_whitespace().collect::<Vec<_>>()[..] {
        ["same"] => Ok(Found::Same { adjusted: false }),
        ["adjusted"] => Ok(Found::Same { adjusted: true }),
        ["partial", size, sha256] => {
            Ok(Found::Partial { size: size.parse().unwrap_or(0), sha256: sha256.to_owned() })
        }
        ["no-folder"] => Err(TransportError::NoFolder {
            host: session.host().to_owned(),
            path: upload.path.clone(),
        }),
        _ => Ok(Found::Nothing),
    }
}

/// The command that takes the bytes from `offset` on its input.
pub(super) fn receive(upload: &Upload, offset: u64) -> RemoteCommand {
    let title = format!("receive {}", upload.path);
    let mut arguments = vec![upload.path.to_string(), offset.to_string()];
    arguments.extend(promise(upload));
    let moving = (upload.size - offset) / SLOWEST_LINE;
    let deadline = Duration::from_secs(120 + moving + upload.size / SLOWEST_DISK);
    RemoteCommand::script(&title, RECEIVE, arguments).deadline(deadline)
}

/// What the file shall be, as both scripts take it.
fn promise(upload: &Upload) -> [String; 5] {
    let program = match upload.digest.algorithm() {
        Algorithm::Sha256 => "sha256sum",
        Algorithm::Sha512 => "sha512sum",
    };
    [
        upload.size.to_string(),
        upload.digest.hex().to_owned(),
        program.to_owned(),
        format!("{:o}", upload.mode),
        upload.owner.clone().unwrap_or_default(),
    ]
}

/// Whether the host kept the file; an error when it could not.
pub(super) fn judge(
    host: &str,
    command: &RemoteCommand,
    finished: Finished,
) -> Result<bool, TransportError> {
    match finished.status {
        WRONG => Ok(false),
        CUT => Err(TransportError::Lost {
            host: host.to_owned(),
            during: command.title(),
            source: None,
        }),
        _ => finished.expect_success(host, &command.title()).map(|_| true),
    }
}
