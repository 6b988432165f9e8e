//! `Release`: the digests of all indexes, which the signature is over.

use manifests::Digest;
use std::{collections::BTreeMap, time::SystemTime};

/// What `Suite` and `Codename` say.
pub const SUITE: &str = "bottari";
/// The one part of the archive.
pub const COMPONENT: &str = "main";

/// What an archive says of itself. Apt refuses one whose `Origin`, `Label`, `Suite`
/// or `Codename` changes, so only `Description` speaks of the release.
#[derive(Debug)]
pub(super) struct ReleaseFile<'a> {
    pub(super) description: &'a str,
    pub(super) date: SystemTime,
    pub(super) architectures: Vec<&'a str>,
    /// Digest and size by path below the suite.
    pub(super) indexes: BTreeMap<String, (Digest, usize)>,
}

impl ReleaseFile<'_> {
    /// The text, ended by a line end.
    pub(super) fn render(&self) -> String {
        let Self { description, architectures, .. } = self;
        // A name of a release may be long; a field must not go on in another line.
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        let date = httpdate::fmt_http_date(self.date).replace("GMT", "UTC");
        let architectures = architectures.join(" ");
        let heading = format!(
            "Origin: Bottari\nLabel: Bottari\nSuite: {SUITE}\nCodename: {SUITE}\nDate: {date}\n\
             Architectures: {architectures}\nComponents: {COMPONENT}\n\
             Description: {description}\nAcquire-By-Hash: yes\nSHA256:\n"
        );
        let line = |(path, (digest, size)): (&String, &(Digest, usize))| {
            format!(" {} {size} {path}\n", digest.hex())
        };
        heading + &self.indexes.iter().map(line).collect::<String>()
    }
}
