//! Relations between packages, as `Depends`, `Conflicts` and `Provides` hold them:
//! `default-mta | mail-transport-agent, libc6 (>= 2.34), python3:any`.

use debversion::Version;
use std::{cmp::Ordering, fmt, str::FromStr};

/// How a version is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<<`
    Earlier,
    /// `<=`
    EarlierOrEqual,
    /// `=`
    Equal,
    /// `>=`
    LaterOrEqual,
    /// `>>`
    Later,
}

impl Operator {
    const ALL: [(&str, Self); 5] = [
        ("<<", Self::Earlier),
        ("<=", Self::EarlierOrEqual),
        (">=", Self::LaterOrEqual),
        (">>", Self::Later),
        ("=", Self::Equal),
    ];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Earlier => ordering.is_lt(),
            Self::EarlierOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::LaterOrEqual => ordering.is_ge(),
            Self::Later => ordering.is_gt(),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.into_iter().find(|(_, operator)| operator == self);
        f.write_str(known.expect("all are listed").0)
    }
}

/// One package that is wanted, provided or in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The package's name, real or virtual.
    pub name: String,
    /// What follows the colon: `any`, or an architecture.
    pub qualifier: Option<String>,
    /// Which versions.
    pub version: Option<(Operator, Version)>,
}

/// A text that is no relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no relation between packages: expected `name`, `name:any` or `name (>= version)`"
)]
pub struct RelationError(String);

impl Relation {
    /// Whether a version is one of those that are meant.
    pub fn accepts(&self, version: &Version) -> bool {
        self.version.as_ref().is_none_or(|(operator, bound)| operator.holds(version.cmp(bound)))
    }

    /// The versions that are meant, as the field has them; empty for all.
    pub(super) fn bound(&self) -> String {
        let bound = self.version.as_ref();
        bound.map_or_else(String::new, |(operator, version)| format!("({operator} {version})"))
    }

    /// Reads a field with alternatives: all of the outer list, one of each inner.
    pub fn parse_groups(field: &str) -> Result<Vec<Vec<Self>>, RelationError> {
        let groups = field.split(',').map(str::trim).filter(|group| !group.is_empty());
        groups.map(|group| group.split('|').map(str::parse).collect()).collect()
    }

    /// Reads a field without alternatives.
    pub fn parse_list(field: &str) -> Result<Vec<Self>, RelationError> {
        let relations = field.split(',').map(str::trim).filter(|text| !text.is_empty());
        relations.map(str::parse).collect()
    }
}

impl FromStr for Relation {
    type Err = RelationError;

    fn from_str(text: &str) -> Result<Self, RelationError> {
        let wrong = || RelationError(text.trim().to_owned());
        let (name, bound) = match text.trim().split_once('(') {
            None => (text.trim(), None),
            Some((name, bound)) => (name.trim(), Some(bound.strip_suffix(')').ok_or_else(wrong)?)),
        };
        let (name, qualifier) = match name.split_once(':') {
            None => (name, None),
            Some((name, qualifier)) => (name, Some(qualifier)),
        };
        let version = bound.map(|bound| parse_bound(bound).ok_or_else(wrong)).transpose()?;
        let words = [Some(name), qualifier].into_iter().flatten();
        match words.clone().all(is_word) {
            true => Ok(Self { name: name.into(), qualifier: qualifier.map(Into::into), version }),
            false => Err(wrong()),
        }
    }
}

fn parse_bound(text: &str) -> Option<(Operator, Version)> {
    // dpkg still reads these in old packages: `<` and `>` allow equality, nothing is `=`.
    const OLD: [(&str, Operator); 3] =
        [("<", Operator::EarlierOrEqual), (">", Operator::LaterOrEqual), ("", Operator::Equal)];
    let text = text.trim();
    let mut operators = Operator::ALL.into_iter().chain(OLD);
    let (rest, operator) = operators.find_map(|(sign, is)| Some((text.strip_prefix(sign)?, is)))?;
    Some((operator, Version::parse_lenient(rest.trim()).ok()?))
}

fn is_word(text: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    !text.is_empty() && text.bytes().all(sane)
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(qualifier) = &self.qualifier {
            write!(f, ":{qualifier}")?;
        }
        match self.version {
            Some(_) => write!(f, " {}", self.bound()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_read_as_dpkg_reads_them() {
        let field = "libc6 (>= 2.34), default-mta | mail-transport-agent, python3:any(<< 3.12),";
        let groups = Relation::parse_groups(field).unwrap();
        let shown: Vec<Vec<_>> =
            groups.iter().map(|group| group.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(
            shown,
            [
                vec!["libc6 (>= 2.34)"],
                vec!["default-mta", "mail-transport-agent"],
                vec!["python3:any (<< 3.12)"]
            ]
        );
        assert_eq!(Relation::parse_groups(""), Ok(vec![]));
        assert_eq!(Relation::parse_list("a, b (= 1:2-3)").unwrap().len(), 2);
    }

    #[test]
    fn bounds_hold_for_the_versions_they_mean() {
        let cases = [
            ("x (<< 2)", "1.9", true),
            ("x (<< 2)", "2", false),
            ("x (<= 2)", "2", true),
            ("x (= 1.0-1)", "1.0-1", true),
            ("x (= 1.0-1)", "1.0-1+b1", false),
            ("x (>= 2~rc1)", "2", true),
            ("x (>= 2)", "2~rc1", false),
            ("x (>> 1:0)", "9", false),
            ("x", "0", true),
            ("x (< 2)", "2", true),
            ("x (> 2)", "2", true),
            ("x (2)", "2.1", false),
        ];
        for (relation, version, holds) in cases {
            let relation: Relation = relation.parse().unwrap();
            assert_eq!(relation.accepts(&version.parse().unwrap()), holds, "{relation} {version}");
        }
    }

    #[test]
    fn what_is_no_relation_is_refused() {
        for text in ["", "a b", "a ()", "a (>= )", "a (? 1)", "a (>= 1", "a:", "a|b", "(>= 1)"] {
            assert!(text.parse::<Relation>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_written_and_read_alike(text in "[a-z][a-z:.|, ()<>=0-9~+-]{0,40}") {
            if let Ok(groups) = Relation::parse_groups(&text) {
                let shown: Vec<_> = groups
                    .iter()
                    .map(|group| group.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "))
                    .collect();
                proptest::prop_assert_eq!(Relation::parse_groups(&shown.join(", ")), Ok(groups));
            }
        }
    }
}
