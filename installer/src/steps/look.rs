//! What lies at a path of a host, and whether it is as it should be.

use super::{Need, Remote, StepError};
use crate::plan::{ManagedPath, Mode, Owner};
use manifests::{Algorithm, Digest};

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

/// For each path: one line for each missing folder, then one for what is there.
const LOOK: &str = r#"
about() { stat -c '%a %U:%G %u:%g' "$1"; }
for path; do
  plain "$path"
  part=$path
  while part=${part%/*} && [ -n "$part" ]; do [ -d "$part" ] || echo "missing $part"; done
  if [ -f "$path" ]; then
    sum=$(sha256sum < "$path")
    echo "file ${sum%% *} $(about "$path")"
  elif [ -d "$path" ]; then echo "folder $(about "$path")"
  elif [ -e "$path" ]; then echo other
  else echo nothing
  fi
done
"#;

/// Looks at a path.
pub(crate) async fn look(host: Remote<'_>, path: &ManagedPath) -> Result<Found, StepError> {
    let mut all = look_at_all(host, &format!("look at {path}"), &[path]).await?;
    Ok(all.remove(0))
}

/// Looks at several paths at once; as many answers, in their order.
pub(crate) async fn look_at_all(
    host: Remote<'_>,
    title: &str,
    paths: &[&ManagedPath],
) -> Result<Vec<Found>, StepError> {
    let arguments: Vec<_> = paths.iter().map(|path| path.as_str()).collect();
    let answer = host.run(title, LOOK, &arguments).await?;
    let found = parse(&answer).filter(|found| found.len() == paths.len());
    found.ok_or_else(|| host.odd_answer(title, &answer))
}

fn parse(answer: &str) -> Option<Vec<Found>> {
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for line in answer.lines() {
        match line.strip_prefix("missing ") {
            Some(folder) => missing.insert(0, folder.parse().ok()?),
            None => all.push(Found { missing: std::mem::take(&mut missing), what: what(line)? }),
        }
    }
    Some(all)
}

fn what(line: &str) -> Option<What> {
    Some(match line.split(' ').collect::<Vec<_>>()[..] {
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
    })
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
