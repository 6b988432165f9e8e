//! Words that must never be shown: passwords, join tokens, passphrases.

use std::fmt;

/// A secret text. It has no `Display`, and `Debug` shows that it is there and
/// nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` holds the secret. An empty secret is in no text.
    pub fn is_in(&self, text: &str) -> bool {
        !self.0.is_empty() && text.contains(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The text with every secret replaced by `[secret]`.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut shown = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.is_in(text)) {
        shown = shown.replace(secret.reveal(), "[secret]");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_nowhere() {
        let secret = Secret::new("abcdef.0123456789abcdef");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let text = "kubeadm join --token abcdef.0123456789abcdef";
        assert_eq!(redact(text, &[secret]), "kubeadm join --token [secret]");
    }

    #[test]
    fn an_empty_secret_hides_nothing() {
        assert_eq!(redact("abc", &[Secret::new("")]), "abc");
    }
}
