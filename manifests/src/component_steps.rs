//! What installs a component inside a cluster: manifests to apply, patched or
//! as they came, and what to wait for. The same words stand in a component
//! definition and in a lockfile.

use crate::{
    FileName, Name,
    checked_name::checked_name,
    patch::{Patch, Reason},
};
use serde::{Deserialize, Serialize};

/// What else may stand on a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provides {
    /// It connects pods: a cluster has exactly one such component.
    PodNetwork,
}

/// One step of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Step {
    /// Applies a manifest.
    Apply(Apply),
    /// Waits until something is so.
    Wait(Wait),
}

impl Step {
    /// What the step applies, when it does.
    pub fn applied(&self) -> Option<&Apply> {
        match self {
            Self::Apply(apply) => Some(apply),
            Self::Wait(_) => None,
        }
    }
}

/// Applies a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    /// Which manifest of the component.
    pub manifest: FileName,
    /// What it is for.
    pub why: Option<Reason>,
    /// What we change of it.
    pub patches: Vec<Patch>,
}

/// Waits until something is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for.
    pub until: Until,
    /// Where it is; none for objects of the whole cluster.
    pub namespace: Option<Name>,
    /// For how long at most, in seconds.
    pub seconds: u32,
    /// What it is good for.
    pub why: Option<Reason>,
}

/// What can be waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Every pod of it runs as it was applied last.
    Rollout(ObjectPath),
    /// An object is in a state that it tells itself.
    Condition {
        /// The state: `Complete`, `Established`.
        condition: Condition,
        /// The object.
        of: ObjectPath,
    },
}

checked_name!(
    /// An object as people type it: `daemonset/calico-node`.
    ObjectPath,
    "an object",
    "its kind in small letters, `/` and its name: `deployment/controller`",
    |text| text.split_once('/').is_some_and(|(kind, name)| {
        let is_kind = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.';
        (1..=100).contains(&kind.len())
            && kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.bytes().all(is_kind)
            && name.parse::<crate::patch::ObjectName>().is_ok()
            && !name.contains(':')
    })
);

impl ObjectPath {
    /// What is behind the slash.
    pub fn name(&self) -> &str {
        self.as_str().split_once('/').map_or("", |(_, name)| name)
    }
}

checked_name!(
    /// A state that objects tell of themselves: `Complete`, `Established`.
    Condition,
    "a condition",
    "1 to 60 letters, beginning with a capital",
    |text| (1..=60).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphabetic())
);

/// How long is waited when a definition does not say, in seconds.
const SECONDS: u32 = 300;

/// Nobody waits longer for one thing.
const MOST_SECONDS: u32 = 3600;

/// What rolls out.
const WORKLOADS: [&str; 3] = ["daemonset/", "deployment/", "statefulset/"];

/// A step as people write it and lockfiles hold it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
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

/// Refuses steps that apply none of a version's own manifests, by their names.
pub(crate) fn check(
    steps: &[Step],
    provides: Option<Provides>,
    manifests: &[String],
) -> Result<(), String> {
    let is_missing = |apply: &&Apply| !manifests.iter().any(|name| name == apply.manifest.as_str());
    let mut applied = steps.iter().filter_map(Step::applied);
    match (applied.find(is_missing), provides) {
        (Some(Apply { manifest, .. }), _) => Err(format!(
            "a step applies `{manifest}`, which is none of `manifests` for all architectures"
        )),
        (None, Some(Provides::PodNetwork)) if steps.is_empty() => {
            Err("it provides a pod network, and no step installs it".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use std::path::Path;

    fn parse(text: &str) -> Result<Vec<Step>, String> {
        yaml::parse(Path::new("s.yaml"), text).map_err(|error| error.to_string())
    }

    const STEPS: &str = "\
- apply: net.yaml
  why: it connects pods
  patches:
  - target:
      kind: DaemonSet
      namespace: kube-system
      name: agent
    why: the guide says so
    merge:
      spec:
        port: '8080'
- wait:
    rollout: daemonset/agent
    namespace: kube-system
    seconds: 60
  why: pods need it
- wait:
    condition: Established
    of: crd/pools.example.io
    seconds: 300
";

    #[test]
    fn steps_are_written_as_they_are_read() {
        let steps = parse(STEPS).unwrap();
        assert_eq!(yaml::render(&steps), STEPS.replace("'8080'", "\"8080\""));
        assert_eq!(parse(&yaml::render(&steps)).unwrap(), steps);
        let json = serde_json::to_string(&steps).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Step>>(&json).unwrap(), steps);
    }

    #[test]
    fn a_wait_that_says_no_time_takes_five_minutes_at_most() {
        let steps = parse("[{wait: {rollout: deployment/a}}]").unwrap();
        let [Step::Wait(wait)] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!((wait.seconds, &wait.namespace), (300, &None));
    }

    #[test]
    fn a_step_that_means_nothing_says_what_is_missing() {
        let cases = [
            ("[{why: x}]", "either `apply` or `wait`"),
            ("[{apply: a.yaml, wait: {rollout: deployment/a}}]", "either `apply` or `wait`"),
            ("[{apply: ../a.yaml}]", "is not a file name"),
            ("[{wait: {rollout: pod/a}}]", "found `pod/a`"),
            ("[{wait: {rollout: 'deployment/a; reboot'}}]", "is not an object"),
            ("[{wait: {rollout: 'deployment/-n'}}]", "is not an object"),
            ("[{wait: {condition: Ready}}]", "`condition` and `of`"),
            ("[{wait: {condition: 'a=b', of: job/a}}]", "is not a condition"),
            ("[{wait: {rollout: deployment/a, seconds: 0}}]", "expected 1 to 3600, found 0"),
            ("[{wait: {rollout: deployment/a, namespace: --all}}]", "is not a name"),
            ("[{apply: a.yaml, why: \"two\\nlines\"}]", "is not a reason"),
            ("[{apply: a.yaml, patch: []}]", "patch"),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
