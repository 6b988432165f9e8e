//! Rules as people write them and lockfiles hold them: one of three fields says
//! of which kind a rule is.

use super::{Date, EndOfSupport, Kind, Line, Minors, Pairs, Retired, Rule, Subject, Supports};
use crate::{Name, patch::Reason};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// A rule as it stands in a file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Written {
    id: Name,
    says: Reason,
    source: Url,
    read: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    supports: Option<WrittenSupports>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_of_support: Option<EndOfSupport>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired: Option<Retired>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenSupports {
    of: Subject,
    with: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minors: Option<Within>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    versions: Option<BTreeMap<Line, Minors>>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Within {
    older: u32,
    newer: u32,
}

impl TryFrom<Written> for Rule {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let Written { id, says, source, read, supports, end_of_support, retired } = written;
        let kind = match (supports, end_of_support, retired) {
            (Some(supports), None, None) => Kind::Supports(supports.meaning(&id)?),
            (None, Some(ends), None) if !ends.ends.is_empty() => Kind::EndOfSupport(ends),
            (None, Some(_), None) => return Err(format!("rule `{id}`: `ends` has no line")),
            (None, None, Some(retired)) => Kind::Retired(retired),
            _ => {
                return Err(format!(
                    "rule `{id}` needs one of `supports`, `end-of-support`, `retired`"
                ));
            }
        };
        if source.scheme() != "https" {
            return Err(format!("rule `{id}`: `source`: expected an https page, found {source}"));
        }
        Ok(Self { id, says, source, read, kind })
    }
}

impl WrittenSupports {
    fn meaning(self, id: &Name) -> Result<Supports, String> {
        let Self { of, with, minors, versions } = self;
        let pairs = match (minors, versions) {
            (Some(Within { older, newer }), None) => Pairs::Within { older, newer },
            (None, Some(table)) if !table.is_empty() => Pairs::Table(table),
            (None, Some(_)) => return Err(format!("rule `{id}`: `versions` has no line")),
            _ => return Err(format!("rule `{id}` needs either `minors` or `versions`")),
        };
        Ok(Supports { of, with, pairs })
    }
}

impl From<Rule> for Written {
    fn from(Rule { id, says, source, read, kind }: Rule) -> Self {
        let (mut supports, mut end_of_support, mut retired) = (None, None, None);
        match kind {
            Kind::Supports(kind) => supports = Some(kind.into()),
            Kind::EndOfSupport(kind) => end_of_support = Some(kind),
            Kind::Retired(kind) => retired = Some(kind),
        }
        Self { id, says, source, read, supports, end_of_support, retired }
    }
}

impl From<Supports> for WrittenSupports {
    fn from(Supports { of, with, pairs }: Supports) -> Self {
        let (minors, versions) = match pairs {
            Pairs::Within { older, newer } => (Some(Within { older, newer }), None),
            Pairs::Table(table) => (None, Some(table)),
        };
        Self { of, with, minors, versions }
    }
}
