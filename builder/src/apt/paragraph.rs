//! What a package says of itself, as an index repeats it. The text goes into an
//! index that we sign, so one that could be read in two ways is refused: it could
//! bring a second package with it.

use manifests::Digest;
use std::collections::BTreeSet;

/// Fields that the index gives; what a package says there of itself does not count.
const OURS: [&str; 7] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512", "Status"];

/// Why a text does not describe one package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParagraphError {
    /// Something that no control file has.
    #[error("line {0} is not a field of a package")]
    Line(usize),
    /// Two fields of one name.
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// A field that every package has.
    #[error("it has no `{0}`")]
    Missing(&'static str),
}

/// The control file of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// Each with the lines that it goes on in.
    fields: Vec<(String, String)>,
}

impl Paragraph {
    /// Reads the text of a control file.
    pub fn read(text: &str) -> Result<Self, ParagraphError> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (number, line) in text.trim_end_matches('\n').split('\n').enumerate() {
            let wrong = ParagraphError::Line(number + 1);
            // A line that looks empty ends a paragraph for some readers.
            if line.trim().is_empty() || line.contains(|c: char| c.is_control() && c != '\t') {
                return Err(wrong);
            }
            match (line.starts_with([' ', '\t']), fields.last_mut()) {
                (true, Some((_, value))) => value.extend(["\n", line]),
                (true, None) => return Err(wrong),
                (false, _) => fields.push(field(line).ok_or(wrong)?),
            }
        }
        let mut names = BTreeSet::new();
        match fields.iter().find(|(name, _)| !names.insert(name.to_ascii_lowercase())) {
            Some((name, _)) => Err(ParagraphError::Twice(name.clone())),
            None => Ok(Self { fields }),
        }
    }

    /// What stands in a field that every package has.
    pub fn needed(&self, name: &'static str) -> Result<&str, ParagraphError> {
        let field = self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.trim()).ok_or(ParagraphError::Missing(name))
    }

    /// The paragraph of an index, with where the package lies and what it is.
    pub fn indexed(&self, path: &str, size: u64, digest: &Digest) -> String {
        let is_ours = |name: &str| OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name));
        let kept = self.fields.iter().filter(|(name, _)| !is_ours(name));
        let kept: String = kept.flat_map(|(name, value)| [name, ":", value, "\n"]).collect();
        format!("{kept}Filename: {path}\nSize: {size}\nSHA256: {}\n", digest.hex())
    }
}

fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty()
        && !name.starts_with(['-', '#'])
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCAT: &str = "Package: socat\nVersion: 1.7.4.4-2\nArchitecture: amd64\n\
        Description: multipurpose relay\n It relays.\n .\n Much.\n";

    #[test]
    fn an_index_repeats_the_package_and_adds_where_it_is() {
        let claims =
            "Size: 1\nfilename: ../../etc/passwd\nSHA256: 00\nStatus: install ok installed\n";
        let paragraph = Paragraph::read(&format!("{SOCAT}{claims}")).unwrap();
        let digest = bundles::sha256(b"deb");
        let expected =
            format!("{SOCAT}Filename: pool/socat.deb\nSize: 3\nSHA256: {}\n", digest.hex());
        assert_eq!(paragraph.indexed("pool/socat.deb", 3, &digest), expected);
        assert_eq!(paragraph.needed("version"), Ok("1.7.4.4-2"));
        assert_eq!(paragraph.needed("Depends"), Err(ParagraphError::Missing("Depends")));
    }

    #[test]
    fn a_text_that_could_be_two_packages_is_refused() {
        let line = ParagraphError::Line;
        for (text, error) in [
            (format!("{SOCAT}\nPackage: other\n"), line(8)),
            (format!("{SOCAT} \t\nPackage: other\n"), line(8)),
            (format!("{SOCAT}\r\nPackage: other\n"), line(8)),
            (format!("{SOCAT}Homepage: a\rb\n"), line(8)),
            (format!("{SOCAT}Homepage: a\0b\n"), line(8)),
            (format!("{SOCAT}# a remark: none\n"), line(8)),
            (format!("{SOCAT}no field\n"), line(8)),
            (format!("{SOCAT}-----BEGIN: x\n"), line(8)),
            (format!(" {SOCAT}"), line(1)),
            (format!("\n{SOCAT}"), line(1)),
            (String::new(), line(1)),
            (format!("{SOCAT}PACKAGE: other\n"), ParagraphError::Twice("PACKAGE".into())),
        ] {
            assert_eq!(Paragraph::read(&text), Err(error), "{text}");
        }
    }
}
