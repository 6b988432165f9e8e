//! Which distribution an image is made of: `/etc/os-release`.

use serde::{Deserialize, Serialize};

/// The distribution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct System {
    /// `debian`, `alpine`, `centos`.
    pub id: String,
    /// `12`; none in rolling ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl System {
    /// Reads an `os-release` file; `None` when it names nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines();
            let found = lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
            found.map(|value| value.trim_matches(['"', '\''])).filter(|value| is_word(value))
        };
        let version = field("VERSION_ID").map(str::to_owned);
        Some(Self { id: field("ID")?.to_lowercase(), version })
    }

    /// `debian-12`.
    pub fn label(&self) -> String {
        self.version.as_ref().map_or(self.id.clone(), |version| format!("{}-{version}", self.id))
    }
}

fn is_word(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.len() <= 64 && text.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off_and_nonsense_is_nothing() {
        let parsed = System::parse("NAME=\"CentOS Stream\"\nID=\"centos\"\nVERSION_ID=\"9\"\n");
        assert_eq!(parsed.unwrap().label(), "centos-9");
        assert_eq!(System::parse("ID=wolfi\n").unwrap().label(), "wolfi");
        assert_eq!(System::parse("ID=a b\n"), None);
    }
}
