//! Lists of checksums as projects publish them: `HEX  NAME` (`sha256sum`),
//! `SHA256 (NAME) = HEX` (BSD), or one digest alone.

use manifests::{Algorithm, Digest};

/// Why a list proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It names other files.
    #[error("it does not name `{0}`")]
    NotListed(String),
    /// It names the file twice, differently.
    #[error("it names `{file}` twice: {first} and {second}")]
    Contradiction {
        /// The file.
        file: String,
        /// What it says first.
        first: Digest,
        /// What it says then.
        second: Digest,
    },
}

/// What a list says of a file: a SHA-256 where there is one.
pub(super) fn find(list: &str, file: &str) -> Result<Digest, ListError> {
    if let Some(alone) = alone(list) {
        return Ok(alone);
    }
    let mut found: Vec<Digest> = Vec::new();
    for digest in list.lines().filter_map(|line| of_line(line, file)) {
        let same = found.iter().find(|one| one.algorithm() == digest.algorithm());
        match same {
            None => found.push(digest),
            Some(first) if *first == digest => {}
            Some(first) => {
                let (file, first) = (file.to_owned(), first.clone());
                return Err(ListError::Contradiction { file, first, second: digest });
            }
        }
    }
    found.sort_by_key(|digest| digest.algorithm() != Algorithm::Sha256);
    found.into_iter().next().ok_or_else(|| ListError::NotListed(file.to_owned()))
}

/// A list that is nothing but a digest is about the file beside it.
fn alone(list: &str) -> Option<Digest> {
    let mut words = list.split_whitespace();
    match (words.next(), words.next()) {
        (Some(word), None) => digest(word),
        _ => None,
    }
}

fn of_line(line: &str, file: &str) -> Option<Digest> {
    let line = line.trim();
    let (name, hex) = if let Some((left, hex)) = line.rsplit_once(") = ") {
        (left.split_once(" (")?.1, hex)
    } else {
        let (hex, name) = line.split_once(char::is_whitespace)?;
        (name.trim_start().trim_start_matches('*'), hex)
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    (last == file).then(|| digest(hex.trim())).flatten()
}

fn digest(hex: &str) -> Option<Digest> {
    let algorithm = match hex.len() {
        64 => Algorithm::Sha256,
        128 => Algorithm::Sha512,
        _ => return None,
    };
    Digest::new(algorithm, &hex.to_ascii_lowercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn found(list: &str) -> Result<String, ListError> {
        find(list, "tool.tgz").map(|digest| digest.to_string())
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        let lists = [
            A.to_owned(),
            format!("{}\n", A.to_uppercase()),
            format!("{B}  other.tgz\n{A}  tool.tgz\n"),
            format!("{A} *tool.tgz\r\n"),
            format!("{B}  ./old/other.tgz\n{A}  ./release/tool.tgz\n"),
            format!("SHA256 (other.tgz) = {B}\nSHA256 (tool.tgz) = {A}\n"),
            format!("{A}{A}  tool.tgz\n{A}  tool.tgz\n"),
            format!("# a comment\n{A}  tool.tgz\n{A}  tool.tgz\n"),
        ];
        for list in lists {
            assert_eq!(found(&list), Ok(format!("sha256:{A}")), "{list}");
        }
        assert_eq!(found(&format!("{A}{A}\n")), Ok(format!("sha512:{A}{A}")));
    }

    #[test]
    fn what_is_about_another_file_proves_nothing() {
        let not_listed = Err(ListError::NotListed("tool.tgz".into()));
        for list in [
            String::new(),
            format!("{A}  other.tgz"),
            format!("{A}  tool.tgz.asc"),
            format!("{A}  not-tool.tgz"),
            format!("{A}x  tool.tgz"),
            "<html>not found</html>".into(),
            format!("{}  tool.tgz", &A[1..]),
        ] {
            assert_eq!(found(&list), not_listed, "{list}");
        }
    }

    #[test]
    fn a_list_that_contradicts_itself_proves_nothing() {
        let error = found(&format!("{A}  tool.tgz\n{B}  old/tool.tgz\n")).unwrap_err();
        assert!(matches!(error, ListError::Contradiction { .. }), "{error}");
    }
}
