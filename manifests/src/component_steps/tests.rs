//! Steps are read, refused and written.

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
    let steps = parse("[{wait: {condition: Ready, of: node/a}}]").unwrap();
    let [Step::Wait(wait)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((wait.seconds, &wait.namespace), (300, &None));
}

#[test]
fn a_step_that_means_nothing_says_what_is_missing() {
    let cases = [
        ("[{why: x}]", "either `apply` or `wait`"),
        ("[{apply: a.yaml, wait: {condition: Ready, of: job/a}}]", "either `apply` or `wait`"),
        ("[{apply: ../a.yaml}]", "is not a file name"),
        ("[{wait: {rollout: deployment/a}}]", "`rollout` needs a `namespace`"),
        ("[{wait: {rollout: pod/a, namespace: b}}]", "found `pod/a`"),
        ("[{wait: {rollout: 'deployment/a; reboot'}}]", "is not an object"),
        ("[{wait: {rollout: 'deployment/-n'}}]", "is not an object"),
        ("[{wait: {condition: Ready}}]", "`condition` and `of`"),
        ("[{wait: {condition: 'a=b', of: job/a}}]", "is not a condition"),
        (
            "[{wait: {rollout: deployment/a, namespace: b, seconds: 0}}]",
            "expected 1 to 3600, found 0",
        ),
        ("[{wait: {rollout: deployment/a, namespace: --all}}]", "is not a name"),
        ("[{apply: a.yaml, why: \"two\\nlines\"}]", "is not a reason"),
        ("[{apply: a.yaml, patch: []}]", "patch"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
