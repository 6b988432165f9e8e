//! How to check a bundle with stock tools: commands to type, with the names of
//! this very bundle.

use super::{signatures::Signatures, subject::Subject};
use manifests::lockfile::Lockfile;
use serde::Serialize;

/// One thing to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// What it shows.
    pub shows: Shows,
    /// What to type.
    pub commands: Vec<String>,
}

/// What a [`Step`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    /// The file is the one of the report.
    File,
    /// The lockfile is the one of the report.
    Lockfile,
    /// The public key is the one on paper.
    Key,
    /// The files inside.
    Unpacked,
    /// Who signed.
    Signature,
    /// Every checksum holds.
    Sums,
    /// Nothing that was signed is missing or other.
    Blobs,
    /// One image.
    Image,
    /// One file.
    OneFile,
    /// All of it, by our own program.
    Verified,
    /// What comes next.
    Report,
}

/// What every blob has to be; `docs/bundle-format.md` says why, and its tests run
/// the same lines.
const BLOBS: &str = r#"( cd out
  for kind in sha256 sha512; do
    find blobs/$kind -type f 2>/dev/null | sed 's|^.*/\(.*\)$|\1  &|' > ../sums
    test ! -s ../sums || ${kind}sum --strict --quiet -c ../sums
  done
  grep -E '^      "digest"' bottari.json | tr -d '", ' | sort -u | while IFS=: read -r _ kind hex; do
    test -f "blobs/$kind/$hex" || echo "missing: $kind:$hex"
  done )"#;

pub(super) fn of_lockfile(subject: &Subject) -> Vec<Step> {
    vec![
        step(Shows::Lockfile, [same_file(subject)]),
        step(Shows::Report, ["bottari-builder report --trust KEY.pub BUNDLE".to_owned()]),
    ]
}

pub(super) fn of_bundle(
    subject: &Subject,
    signatures: &Signatures,
    lockfile: &Lockfile,
) -> Vec<Step> {
    let file = quoted(&subject.file);
    let mut steps = vec![step(Shows::File, [same_file(subject)])];
    steps.extend(key_step(signatures));
    let unpack = format!("mkdir out && tar --zstd -xf {file} -C out");
    steps.push(step(Shows::Unpacked, [unpack]));
    steps.extend(signature_step(signatures));
    let sums = "( cd out && sha256sum --strict --quiet -c SHA256SUMS )".to_owned();
    steps.push(step(Shows::Sums, [sums]));
    steps.push(step(Shows::Blobs, [BLOBS.to_owned()]));
    steps.extend(copies(lockfile));
    steps.extend(our_step(&file, signatures));
    steps
}

fn step(shows: Shows, commands: impl IntoIterator<Item = String>) -> Step {
    Step { shows, commands: commands.into_iter().collect() }
}

/// Prints `FILE: OK` when the file is the one of the report.
fn same_file(subject: &Subject) -> String {
    let line = format!("{}  {}", subject.sha256.hex(), subject.file);
    format!("printf '%s\\n' {} | sha256sum --strict -c", quoted(&line))
}

/// The key files of trusted signers; a name to fill in when there are none.
fn key_files(signatures: &Signatures) -> Vec<String> {
    let files = signatures.trusted().filter_map(|key| key.key_files.first());
    let files: Vec<_> = files.map(|file| quoted(file)).collect();
    if files.is_empty() { vec!["KEY.pub".to_owned()] } else { files }
}

fn key_step(signatures: &Signatures) -> Option<Step> {
    let files = key_files(signatures).into_iter();
    let command = |file| format!("grep -v '^untrusted comment:' {file} | base64 -d | sha256sum");
    (!signatures.keys.is_empty()).then(|| step(Shows::Key, files.map(command)))
}

/// The trusted signers' lines, or one for every signature that is claimed.
fn signature_step(signatures: &Signatures) -> Option<Step> {
    let line = |file: &str, id: &str| {
        format!("minisign -V -H -p {file} -m out/bottari.json -x out/bottari.sigs/{id}.minisig")
    };
    let trusted = signatures
        .trusted()
        .filter_map(|key| Some(line(&quoted(key.key_files.first()?), &key.key_id)));
    let mut lines: Vec<_> = trusted.collect();
    if lines.is_empty() {
        lines = signatures.keys.iter().map(|key| line("KEY.pub", &key.key_id)).collect();
    }
    (!lines.is_empty()).then(|| step(Shows::Signature, lines))
}

/// Nobody can trust what nobody signed.
fn our_step(file: &str, signatures: &Signatures) -> Option<Step> {
    let keys = key_files(signatures).join(" --trust ");
    let command = format!("bottari-installer verify --trust {keys} {file}");
    (!signatures.keys.is_empty()).then(|| step(Shows::Verified, [command]))
}

/// Examples of what comes out of a bundle.
fn copies(lockfile: &Lockfile) -> Vec<Step> {
    let copy = |name: &str, to: &str| {
        format!("skopeo --insecure-policy copy {} dir:{to}", quoted(&format!("oci:out:{name}")))
    };
    let arch = lockfile.arches.first().map_or("amd64", |arch| arch.as_str());
    let image = lockfile.images.first().map(|image| {
        let copy = copy(&image.name.to_string(), "image");
        let of_arch = format!("skopeo --override-arch {arch}");
        step(Shows::Image, [copy.replacen("skopeo", &of_arch, 1)])
    });
    let file = lockfile.files.first();
    let file = file.map(|file| step(Shows::OneFile, [copy(&file.artifact_name(), "file")]));
    image.into_iter().chain(file).collect()
}

/// A word as a shell reads it back, also when it looks like a flag.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/:@=,".contains(c);
    let word = if word.starts_with('-') { format!("./{word}") } else { word.to_owned() };
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_harmless_word_of_a_command() {
        assert_eq!(
            quoted("demo-1.0.0-amd64+arm64.bottari.tar.zst"),
            "demo-1.0.0-amd64+arm64.bottari.tar.zst"
        );
        assert_eq!(quoted("-rf"), "./-rf");
        assert_eq!(quoted("a b$(x)"), "'a b$(x)'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
