//! Placing files, as several kinds of step do: look what is there, bring the
//! bytes to the host, keep what they replace, finish with one rename.

use super::{
    Need, StepContext, StepError,
    content::Ready,
    look::{FileSpec, Found, What, judge, look},
    remote::patience,
};
use crate::{
    ledger::{Before, Ledger, Thing},
    plan::ManagedPath,
    transport::Upload,
};
use manifests::Digest;
use std::io::Read as _;

/// Bytes up to here go along with the script that places them.
const SMALL: u64 = 256 * 1024;

/// `place PATH SHA256 MODE OWNER KEPT FROM`: KEPT is the SHA-256 of a foreign file
/// to be kept, or nothing; FROM is where the bytes lie, or nothing when they come
/// on the input. The new file is whole and on the disk before it gets its name;
/// the kept copy is there before that.
pub(super) const PLACE: &str = r#"
place() {
  plain "$1"
  mkdir -p "${1%/*}"
  if [ -n "$5" ] && ! same "$STATE/backups/$5" "$5"; then
    same "$1" "$5" || { echo "\`$1\` changed while it was looked at" >&2; exit 1; }
    [ -d "$STATE/backups" ] || mkdir -m 0700 "$STATE/backups"
    cp -p "$1" "$STATE/backups/$5.new"
    keep "$STATE/backups/$5.new" "$STATE/backups/$5"
  fi
  if same "$1" "$2"; then
    chown "$4" "$1"; chmod "$3" "$1"
  else
    new=$1.bottari-new
    rm -f "$new"
    (umask 077; if [ -z "$6" ]; then cat > "$new"; else ln "$6" "$new" 2>/dev/null || cp "$6" "$new"; fi)
    same "$new" "$2" || { echo "the bytes of \`$1\` arrived damaged" >&2; exit 1; }
    chown "$4" "$new"; chmod "$3" "$new"
    keep "$new" "$1"
  fi
  [ -z "$6" ] || rm -f "$6"
}
"#;

/// Looks and judges.
pub(crate) async fn check(
    cx: &StepContext<'_>,
    spec: FileSpec<'_>,
    wanted: &Digest,
) -> Result<Need, StepError> {
    let found = look(cx.host, spec.path).await?;
    Ok(judge_ours(&cx.ledger.ledger, &found, spec, wanted))
}

/// The same for what was seen: a file that is right and not ours is on no record.
pub(super) fn judge_ours(
    ledger: &Ledger,
    found: &Found,
    spec: FileSpec<'_>,
    wanted: &Digest,
) -> Need {
    match judge(found, spec, wanted) {
        Need::Satisfied if ours(ledger, spec.path).is_none() => {
            Need::because("it is there, but not on record as ours")
        }
        need @ (Need::Satisfied | Need::Needed(_)) => need,
    }
}

/// Places the file and confirms nothing: that is for the step to do.
pub(crate) async fn place(
    cx: &mut StepContext<'_>,
    spec: FileSpec<'_>,
    ready: &Ready,
) -> Result<(), StepError> {
    let found = look(cx.host, spec.path).await?;
    let (things, kept) = record(cx, spec.path, &found, &ready.sha256)?;
    let there = matches!(&found.what, What::File { digest, .. } if *digest == ready.sha256);
    cx.intend(things).await?;
    let staged = match (ready.size > SMALL, there) {
        (false, _) => String::new(),
        // It may still lie there from a run that was stopped.
        (true, true) => staged(&ready.sha256),
        (true, false) => stage(cx, ready).await?,
    };
    let input = if there || !staged.is_empty() { Vec::new() } else { read(spec, ready)? };
    let FileSpec { path, mode, owner } = spec;
    let arguments =
        [path.as_str(), ready.sha256.hex(), mode.as_str(), owner.as_str(), &kept, &staged];
    let deadline = patience(ready.size);
    let change = |command: crate::transport::RemoteCommand| command.stdin(input).deadline(deadline);
    let script = format!("{PLACE}place \"$@\"");
    cx.host.run_with(&format!("place {path}"), &script, &arguments, change).await?;
    Ok(())
}

/// What goes on record before a file is placed, and the SHA-256 of what has to
/// be kept of what lies there, or nothing.
pub(super) fn record(
    cx: &StepContext<'_>,
    path: &ManagedPath,
    found: &Found,
    sha256: &Digest,
) -> Result<(Vec<Thing>, String), StepError> {
    if matches!(found.what, What::Folder { .. } | What::Other) {
        let (host, path) = (cx.host.name.clone(), path.clone());
        return Err(StepError::InTheWay { host, path, expected: "a file" });
    }
    let before = before(&cx.ledger.ledger, path, &found.what);
    let kept = match &before {
        Before::File { digest, .. } => digest.hex().to_owned(),
        Before::Nothing => String::new(),
    };
    let folders = found.missing.iter().map(|path| Thing::Folder { path: path.clone() });
    let file = Thing::File { path: path.clone(), ours: vec![sha256.clone()], before };
    Ok((folders.chain([file]).collect(), kept))
}

/// The contents we ever gave a file, when it is on record.
fn ours<'a>(ledger: &'a Ledger, wanted: &ManagedPath) -> Option<&'a Before> {
    let (_, before) = ledger.find(|thing| match thing {
        Thing::File { path, before, .. } if path == wanted => Some(before),
        _ => None,
    })?;
    Some(before)
}

/// What was there before us: what the ledger says, or what lies there now.
fn before(ledger: &Ledger, path: &ManagedPath, now: &What) -> Before {
    match (ours(ledger, path), now) {
        (Some(before), _) => before.clone(),
        (None, What::File { digest, mode, numbers, .. }) => {
            Before::File { digest: digest.clone(), mode: mode.clone(), owner: numbers.clone() }
        }
        (None, _) => Before::Nothing,
    }
}

/// Where large bytes wait on the host.
pub(crate) fn staged(sha256: &Digest) -> String {
    format!("/var/lib/bottari/staging/{}", sha256.hex())
}

/// Brings large bytes to the host, under their digest. What arrived whole is
/// not sent again, however often the step is stopped after that.
pub(crate) async fn stage(cx: &StepContext<'_>, ready: &Ready) -> Result<String, StepError> {
    let path = staged(&ready.sha256);
    let script = "plain \"$STATE/staging\"; mkdir -p -m 0700 \"$STATE/staging\"";
    cx.host.run("make room for an upload", script, &[]).await?;
    let upload = Upload {
        content: ready.content.clone(),
        size: ready.size,
        digest: ready.sha256.clone(),
        path: path.parse().expect("a digest makes a plain path"),
        mode: 0o600,
        owner: None,
    };
    cx.host.transport.upload(&upload, cx.reporter).await?;
    Ok(path)
}

fn read(spec: FileSpec<'_>, ready: &Ready) -> Result<Vec<u8>, StepError> {
    let mut bytes = Vec::new();
    let read = ready.content.open().and_then(|reader| reader.take(SMALL).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(source) => Err(StepError::Content { path: spec.path.to_string(), source }),
    }
}
