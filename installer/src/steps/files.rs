//! Placing one file, as several kinds of step do: look what is there, bring the
//! bytes to the host, keep what they replace, finish with one rename.

use super::{Need, Remote, StepContext, StepError, content::Ready, remote::patience};
use crate::{
    ledger::{Before, Ledger, Thing},
    plan::{ManagedPath, Mode, Owner},
    transport::Upload,
};
use manifests::{Algorithm, Digest};
use std::io::Read as _;

/// Bytes up to here go along with the script that places them.
const SMALL: u64 = 256 * 1024;

/// What a file is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSpec<'a> {
    pub(crate) path: &'a ManagedPath,
    pub(crate) mode: &'a Mode,
    pub(crate) owner: &'a Owner,
}

/// What lies at a path now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The folders above it that are not there, the highest first.
    pub(crate) missing: Vec<ManagedPath>,
    pub(crate) what: What,
}

/// A file, a folder, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Nothing,
    File { digest: Digest, mode: Mode, owner: Owner, numbers: Owner },
    Folder { mode: Mode, owner: Owner },
    Other,
}

/// `$1` path. One line for each missing folder, then one for what is there.
const LOOK: &str = r#"
plain "$1"
part=$1
while part=${part%/*} && [ -n "$part" ]; do [ -d "$part" ] || echo "missing $part"; done
about() { stat -c '%a %U:%G %u:%g' "$1"; }
if [ -f "$1" ]; then
  sum=$(sha256sum < "$1")
  echo "file ${sum%% *} $(about "$1")"
elif [ -d "$1" ]; then echo "folder $(about "$1")"
elif [ -e "$1" ]; then echo other
else echo nothing
fi
"#;

/// `$1` path, `$2` SHA-256, `$3` mode, `$4` owner, `$5` SHA-256 of the foreign
/// file to be kept or nothing, `$6` where the bytes lie or nothing when they
/// come on the input. The new file is whole and on the disk before it gets its
/// name; the kept copy is there before that.
const PLACE: &str = r#"
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
"#;

/// Looks at a path.
pub(crate) async fn look(host: Remote<'_>, path: &ManagedPath) -> Result<Found, StepError> {
    let title = format!("look at {path}");
    let answer = host.run(&title, LOOK, &[path.as_str()]).await?;
    parse(&answer).ok_or_else(|| host.odd_answer(&title, &answer))
}

fn parse(answer: &str) -> Option<Found> {
    let mut lines: Vec<&str> = answer.lines().collect();
    let what = match lines.pop()?.split(' ').collect::<Vec<_>>()[..] {
        ["nothing"] => What::Nothing,
        ["other"] => What::Other,
        ["folder", bits, owner, _] => {
            What::Folder { mode: mode(bits)?, owner: owner.parse().ok()? }
        }
        ["file", hex, bits, owner, numbers] => What::File {
            digest: Digest::new(Algorithm::Sha256, hex).ok()?,
            mode: mode(bits)?,
            owner: owner.parse().ok()?,
            numbers: numbers.parse().ok()?,
        },
        _ => return None,
    };
    let folder = |line: &&str| line.strip_prefix("missing ")?.parse().ok();
    let mut missing = lines.iter().map(folder).collect::<Option<Vec<ManagedPath>>>()?;
    missing.reverse();
    Some(Found { missing, what })
}

/// `stat` leaves out leading zeros.
fn mode(bits: &str) -> Option<Mode> {
    format!("{bits:0>4}").parse().ok()
}

/// What is to be done so that the file is as it should be.
pub(crate) fn judge(found: &Found, spec: FileSpec<'_>, wanted: &Digest) -> Need {
    match &found.what {
        What::Nothing => Need::because("it is not there"),
        What::Folder { .. } | What::Other => Need::because("something else is in its place"),
        What::File { digest, .. } if digest != wanted => Need::because("its content differs"),
        What::File { mode, .. } if mode != spec.mode => {
            Need::because(format!("its mode is {mode}: expected {}", spec.mode))
        }
        What::File { owner, numbers, .. } if owner != spec.owner && numbers != spec.owner => {
            Need::because(format!("its owner is {owner}: expected {}", spec.owner))
        }
        What::File { .. } => Need::Satisfied,
    }
}

/// Looks and judges.
pub(crate) async fn check(
    cx: &StepContext<'_>,
    spec: FileSpec<'_>,
    wanted: &Digest,
) -> Result<Need, StepError> {
    let found = look(cx.host, spec.path).await?;
    Ok(match ours(&cx.ledger.ledger, spec.path) {
        Some(_) => judge(&found, spec, wanted),
        None => match judge(&found, spec, wanted) {
            Need::Satisfied => Need::because("it is there, but not on record as ours"),
            need @ Need::Needed(_) => need,
        },
    })
}

/// Places the file and confirms nothing: that is for the step to do.
pub(crate) async fn place(
    cx: &mut StepContext<'_>,
    spec: FileSpec<'_>,
    ready: &Ready,
) -> Result<(), StepError> {
    let found = look(cx.host, spec.path).await?;
    if matches!(found.what, What::Folder { .. } | What::Other) {
        let (host, path) = (cx.host.name.clone(), spec.path.clone());
        return Err(StepError::InTheWay { host, path, expected: "a file" });
    }
    let before = before(&cx.ledger.ledger, spec.path, &found.what);
    let kept = match &before {
        Before::File { digest, .. } => digest.hex().to_owned(),
        Before::Nothing => String::new(),
    };
    let there = matches!(&found.what, What::File { digest, .. } if *digest == ready.sha256);
    let folders = found.missing.into_iter().map(|path| Thing::Folder { path });
    let ours = vec![ready.sha256.clone()];
    let file = Thing::File { path: spec.path.clone(), ours, before };
    cx.intend(folders.chain([file])).await?;
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
    cx.host.run_with(&format!("place {path}"), PLACE, &arguments, change).await?;
    Ok(())
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
