//! The words of Kubernetes that definitions name, each checked once.

use crate::checked_name::checked_name;

checked_name!(
    /// A kind of object: `DaemonSet`.
    KindName,
    "a kind of object",
    "1 to 63 letters and digits, beginning with a capital letter",
    |text| (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
);

checked_name!(
    /// The name of an object: `calico-node`, `metallb-system:controller`.
    ObjectName,
    "the name of an object",
    "1 to 253 of a-z, 0-9, `.`, `:` and `-`, beginning with a letter or digit",
    |text| {
        let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".:-".contains(&b);
        (1..=253).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(inside)
    }
);

checked_name!(
    /// Why something is so, in one line for the operator.
    Reason,
    "a reason",
    "one line of 1 to 300 characters",
    |text| (1..=300).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && text.trim() == text
);
