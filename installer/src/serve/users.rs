//! The users of a registry: an htpasswd file as docker-registry reads it, with
//! bcrypt and nothing weaker.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Costlier hashes would let one login occupy a processor for seconds.
const HIGHEST_COST: u8 = 15;

/// Why a file of users cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The file cannot be read.
    #[error("cannot read the users in `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not a user.
    #[error("line {line} of `{path}` {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it. Never shows the line: it may hold a password.
        what: &'static str,
    },
}

/// Names with their hashes.
#[derive(Clone)]
pub(crate) struct Users {
    hashes: HashMap<String, String>,
    /// What the password of somebody unknown is held against.
    nobody: String,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("count", &self.hashes.len()).finish_non_exhaustive()
    }
}

impl Users {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, UsersError> {
        let text = fs::read_to_string(path)
            .map_err(|source| UsersError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|(line, what)| {
            let path = path.to_owned();
            UsersError::Line { path, line, what }
        })
    }

    /// Reads lines of `NAME:HASH`; empty lines and those that begin with `#` say
    /// nothing.
    fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let (mut hashes, mut highest) = (HashMap::new(), 4);
        for (index, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()))
        {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, hash) = line.split_once(':').ok_or((index, "is not NAME:HASH"))?;
            highest = cost(hash).map_err(|what| (index, what))?.max(highest);
            if name.is_empty() || hashes.insert(name.to_owned(), hash.to_owned()).is_some() {
                return Err((index, "has no name, or one that an earlier line has"));
            }
        }
        Ok(Self { hashes, nobody: format!("$2b${highest:02}${}", ".".repeat(53)) })
    }

    /// Whether this is a user's password. Takes as long for somebody unknown, so
    /// that nobody learns names from the time it takes. Costs a tenth of a second.
    pub(crate) fn has(&self, name: &str, password: &str) -> bool {
        let known = self.hashes.get(name);
        let hash = known.unwrap_or(&self.nobody);
        bcrypt::verify(password, hash).unwrap_or(false) && known.is_some()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.hashes.len()
    }
}

/// The cost of a bcrypt hash, or why it is none.
fn cost(hash: &str) -> Result<u8, &'static str> {
    let mut parts = hash.split('$');
    let (kind, cost, rest) = (parts.nth(1), parts.next(), parts.next());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
    let whole = rest.is_some_and(|rest| rest.len() == 53 && rest.bytes().all(plain));
    if !hash.starts_with('$') || !matches!(kind, Some("2a" | "2b" | "2y")) || !whole {
        return Err("has no bcrypt hash; `htpasswd -B` writes them");
    }
    match cost.and_then(|cost| cost.parse().ok()) {
        Some(cost @ 4..=HIGHEST_COST) => Ok(cost),
        _ => Err("has a bcrypt hash whose cost is not between 4 and 15"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `secret`, as `htpasswd -nbBC 4` writes it.
    fn line(name: &str) -> String {
        let parts = bcrypt::hash_with_result("secret", 4).unwrap();
        format!("{name}:{}", parts.format_for_version(bcrypt::Version::TwoY))
    }

    #[test]
    fn a_user_is_known_by_the_password_alone() {
        let text = format!("# people\n\n{}\n{}\n", line("kim"), line("lee"));
        let users = Users::parse(&text).unwrap();
        assert!(users.has("kim", "secret") && users.has("lee", "secret"));
        for (name, password) in [("kim", "other"), ("kim", ""), ("Kim", "secret"), ("", "secret")] {
            assert!(!users.has(name, password), "{name} {password}");
        }
        assert_eq!(users.count(), 2);
    }

    #[test]
    fn somebody_unknown_costs_a_whole_verification() {
        let users = Users::parse(&line("kim")).unwrap();
        // A hash that is not understood would be refused without any work.
        assert!(matches!(bcrypt::verify("secret", &users.nobody), Ok(false)));
        assert!(users.nobody.starts_with("$2b$04$"));
    }

    #[test]
    fn weak_and_broken_lines_are_told_by_number_and_not_repeated() {
        let kim = line("kim");
        let costly = kim.replace("$04$", "$31$");
        for (text, line) in [
            ("kim", 1),
            ("kim:secret", 1),
            ("\nkim:$apr1$abc$def", 2),
            ("kim:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 1),
            (&costly, 1),
            (&kim[..kim.len() - 1], 1),
            (&format!("{kim}\n{kim}"), 2),
            (&kim[3..], 1),
        ] {
            let (found, what) = Users::parse(text).unwrap_err();
            assert_eq!(found, line, "{text}");
            assert!(!what.contains("secret"));
        }
        assert_eq!(Users::parse("").unwrap().count(), 0);
    }
}
