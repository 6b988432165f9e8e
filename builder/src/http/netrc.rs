//! Credentials by host from `$NETRC` or `~/.netrc`.

use super::request::Authorization;
use crate::environment::Environment;
use std::collections::HashMap;

/// Users and passwords by host; `default` under the empty name.
#[derive(Clone, Default)]
pub struct Netrc(HashMap<String, (String, String)>);

impl Netrc {
    /// Reads `$NETRC`, else `~/.netrc`. A file that is absent holds nothing.
    pub fn from_environment(environment: &Environment) -> Self {
        let path = environment.path("NETRC").or_else(|| environment.home(".netrc"));
        let text = path.and_then(|path| std::fs::read_to_string(path).ok());
        Self::parse(&text.unwrap_or_default())
    }

    /// Reads the words of a netrc file. The first entry of a host counts.
    pub fn parse(text: &str) -> Self {
        let text = without_macros(text);
        let mut words = text.split_whitespace();
        let mut entries = HashMap::new();
        let mut current: Option<(String, String, String)> = None;
        while let Some(word) = words.next() {
            match word {
                "machine" => open(&mut current, &mut entries, words.next().unwrap_or("")),
                "default" => open(&mut current, &mut entries, ""),
                "login" | "password" | "account" => {
                    set(&mut current, word, words.next().unwrap_or(""));
                }
                _ => {}
            }
        }
        close(current, &mut entries);
        Self(entries)
    }

    /// The header for a host.
    pub(super) fn authorization(&self, host: &str) -> Option<Authorization> {
        let (user, password) = self.0.get(host).or_else(|| self.0.get(""))?;
        Some(Authorization::basic(user, password))
    }
}

type Entries = HashMap<String, (String, String)>;

fn open(current: &mut Option<(String, String, String)>, entries: &mut Entries, host: &str) {
    close(current.take(), entries);
    *current = Some((host.to_owned(), String::new(), String::new()));
}

fn close(current: Option<(String, String, String)>, entries: &mut Entries) {
    if let Some((host, user, password)) = current {
        entries.entry(host).or_insert((user, password));
    }
}

fn set(current: &mut Option<(String, String, String)>, word: &str, value: &str) {
    match (current, word) {
        (Some((_, user, _)), "login") => value.clone_into(user),
        (Some((_, _, password)), "password") => value.clone_into(password),
        _ => {}
    }
}

/// Comments, and macros, which run up to the next empty line, are not for us.
fn without_macros(text: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        inside = (inside && !line.trim().is_empty()) || line.trim_start().starts_with("macdef");
        !inside && !line.trim_start().starts_with('#')
    };
    text.lines().filter(keep).collect::<Vec<_>>().join("\n")
}

impl std::fmt::Debug for Netrc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
# mine
machine a.example login me password one
macdef init
machine trap login no password no

machine b.example
  login you
  account x
  password two
default login any password three
";

    #[test]
    fn the_entry_of_a_host_is_found_and_macros_are_skipped() {
        let netrc = Netrc::parse(TEXT);
        let is = |host: &str, user: &str, password: &str| {
            assert_eq!(netrc.authorization(host), Some(Authorization::basic(user, password)));
        };
        is("a.example", "me", "one");
        is("b.example", "you", "two");
        is("trap", "any", "three");
        assert!(!format!("{netrc:?}").contains("one"));
    }

    #[test]
    fn without_an_entry_there_is_no_header() {
        assert_eq!(Netrc::parse("machine a login b password c").authorization("x"), None);
    }
}
