//! Steps as people write them and lockfiles hold them: flat, with what does not
//! apply left out.

use super::{Apply, Condition, ObjectPath, Step, Until, Wait};
use crate::{
    FileName, Name,
    patch::{Patch, Reason},
};
use serde::{Deserialize, Serialize};

/// How long is waited when a definition does not say, in seconds.
const SECONDS: u32 = 300;

/// Nobody waits longer for one thing.
const MOST_SECONDS: u32 = 3600;

/// What rolls out.
const WORKLOADS: [&str; 3] = ["daemonset/", "deployment/", "statefulset/"];

/// A step as people write it and lockfiles hold it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apply: Option<FileName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait: Option<WrittenWait>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<Reason>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    patches: Vec<Patch>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenWait {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollout: Option<ObjectPath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<ObjectPath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<Name>,
    seconds: Option<u32>,
}

impl TryFrom<Written> for Step {
    type Error = String;
    fn try_from(Written { apply, wait, why, patches }: Written) -> Result<Self, String> {
        match (apply, wait) {
            (Some(manifest), None) => Ok(Self::Apply(Apply { manifest, why, patches })),
            (None, Some(wait)) if patches.is_empty() => Ok(Self::Wait(wait.meaning(why)?)),
            (None, Some(_)) => Err("`patches` belong to a step that applies a manifest".into()),
            _ => Err("a step needs either `apply` or `wait`".into()),
        }
    }
}

impl WrittenWait {
    fn meaning(self, why: Option<Reason>) -> Result<Wait, String> {
        let until = match (self.rollout, self.condition, self.of) {
            (Some(_), None, None) if self.namespace.is_none() => {
                return Err("`rollout` needs a `namespace`".into());
            }
            (Some(workload), None, None) => rollout(workload)?,
            (None, Some(condition), Some(of)) => Until::Condition { condition, of },
            _ => return Err("`wait` needs either `rollout`, or `condition` and `of`".into()),
        };
        let seconds = self.seconds.unwrap_or(SECONDS);
        if !(1..=MOST_SECONDS).contains(&seconds) {
            return Err(format!("`seconds`: expected 1 to {MOST_SECONDS}, found {seconds}"));
        }
        Ok(Wait { until, namespace: self.namespace, seconds, why })
    }
}

fn rollout(workload: ObjectPath) -> Result<Until, String> {
    if WORKLOADS.iter().any(|kind| workload.as_str().starts_with(kind)) {
        return Ok(Until::Rollout(workload));
    }
    Err(format!(
        "`rollout`: expected {}, found `{workload}`",
        WORKLOADS.map(|kind| format!("`{kind}…`")).join(", ")
    ))
}

impl From<Step> for Written {
    fn from(step: Step) -> Self {
        match step {
            Step::Apply(Apply { manifest, why, patches }) => {
                Self { apply: Some(manifest), wait: None, why, patches }
            }
            Step::Wait(wait) => {
                let why = wait.why.clone();
                Self { apply: None, wait: Some(wait.into()), why, patches: Vec::new() }
            }
        }
    }
}

impl From<Wait> for WrittenWait {
    fn from(Wait { until, namespace, seconds, .. }: Wait) -> Self {
        let (rollout, condition, of) = match until {
            Until::Rollout(workload) => (Some(workload), None, None),
            Until::Condition { condition, of } => (None, Some(condition), Some(of)),
        };
        Self { rollout, condition, of, namespace, seconds: Some(seconds) }
    }
}
