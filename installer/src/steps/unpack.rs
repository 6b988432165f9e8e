//! Places files out of an archive of the bundle. The archive goes to the host
//! as it is, once, and is unpacked there: fewer bytes on the way, and one step
//! for programs that belong together.

use super::{
    FileContent, Need, Outcome, StepContext, StepError,
    files::{PLACE, judge_ours, record, stage, staged},
    look::{FileSpec, Found, What, look_at_all},
    remote::patience,
};
use crate::plan::{ManagedPath, Mode, Owner};
use manifests::Digest;
use serde::{Deserialize, Serialize};

/// An archive, and what becomes of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unpack {
    /// A `.tar.gz`.
    pub archive: FileContent,
    /// The permissions of all files.
    pub mode: Mode,
    /// Their owner.
    pub owner: Owner,
    /// The files, all others stay in the archive.
    pub files: Vec<Unpacked>,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unpacked {
    /// Its name in the archive, without `./` in front.
    pub member: String,
    /// Where it goes.
    pub path: ManagedPath,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// `$1` the archive, `$2` mode, `$3` owner; then for each file path, SHA-256,
/// the SHA-256 of what has to be kept or nothing, and its name in the archive.
/// Nothing of the archive is believed: each file is compared before it gets its
/// name.
const UNPACK: &str = r#"
archive=$1 mode=$2 owner=$3 folder=$1.unpacked
shift 3
rm -rf "$folder"
if [ -f "$archive" ]; then
  mkdir -m 0700 "$folder"
  tar --extract --gzip --file "$archive" --directory "$folder" --no-same-owner --no-same-permissions
fi
while [ $# -gt 0 ]; do
  place "$1" "$2" "$mode" "$owner" "$3" "$folder/$4"
  shift 4
done
rm -rf "$folder" "$archive"
"#;

impl Unpack {
    /// Programs that everybody may run.
    pub fn programs(archive: FileContent, files: Vec<Unpacked>) -> Self {
        Self { archive, mode: Mode::executable(), owner: Owner::root(), files }
    }

    fn spec<'a>(&'a self, file: &'a Unpacked) -> FileSpec<'a> {
        FileSpec { path: &file.path, mode: &self.mode, owner: &self.owner }
    }

    async fn look(&self, cx: &StepContext<'_>) -> Result<Vec<Found>, StepError> {
        let paths: Vec<_> = self.files.iter().map(|file| &file.path).collect();
        look_at_all(cx.host, "look at files of an archive", &paths).await
    }

    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let found = self.look(cx).await?;
        let mut needs =
            self.files.iter().zip(&found).filter_map(|(file, found)| {
                match judge_ours(&cx.ledger.ledger, found, self.spec(file), &file.sha256) {
                    Need::Needed(why) => Some(format!("{}: {why}", file.path)),
                    Need::Satisfied => None,
                }
            });
        let Some(first) = needs.next() else { return Ok(Need::Satisfied) };
        Ok(Need::because(match needs.count() {
            0 => first,
            others => format!("{first}; and {others} more"),
        }))
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let found = self.look(cx).await?;
        let (mut things, mut arguments) = (Vec::new(), Vec::new());
        for (file, found) in self.files.iter().zip(&found) {
            let (of_this, kept) = record(cx, &file.path, found, &file.sha256)?;
            things.extend(of_this);
            let Unpacked { path, sha256, member, .. } = file;
            arguments.extend([path.to_string(), sha256.hex().into(), kept, member.clone()]);
        }
        cx.intend(things).await?;
        let archive = self.bring(cx, &found).await?;
        self.run(cx, &archive, &arguments).await?;
        cx.confirm().await?;
        Ok(Outcome::Done)
    }

    /// The archive on the host, unless every file has its bytes already: then
    /// only the place where it may still lie from a run that was stopped.
    async fn bring(&self, cx: &StepContext<'_>, found: &[Found]) -> Result<String, StepError> {
        let ready = self.archive.ready(cx).await?;
        let there = |(file, found): (&Unpacked, &Found)| matches!(&found.what, What::File { digest, .. } if *digest == file.sha256);
        match self.files.iter().zip(found).all(there) {
            true => Ok(staged(&ready.sha256)),
            false => stage(cx, &ready).await,
        }
    }

    async fn run(
        &self,
        cx: &StepContext<'_>,
        archive: &str,
        files: &[String],
    ) -> Result<(), StepError> {
        let mut arguments = vec![archive, self.mode.as_str(), self.owner.as_str()];
        arguments.extend(files.iter().map(String::as_str));
        let deadline = patience(self.files.iter().map(|file| file.size).sum());
        let change = |command: crate::transport::RemoteCommand| command.deadline(deadline);
        let script = format!("{PLACE}{UNPACK}");
        cx.host.run_with("unpack the archive", &script, &arguments, change).await?;
        Ok(())
    }
}
