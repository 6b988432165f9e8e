//! Patches as people write them, over manifests as upstream writes them.

use super::*;
use crate::yaml;
use std::{borrow::Cow, error::Error, path::Path};

const MANIFEST: &str = "\
# What upstream says about itself.
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: demo}
data:
  script: |
    echo --- not a marker
     ---
---
# The program
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: demo
spec:
  template:
    spec:
      volumes: [{name: v, configMap: {name: settings, defaultMode: 0400}}]
      containers:
      - name: agent
        args: [--one, --two]
        env: # on purpose
        - {name: MODE, value: \"off\"}
        - {name: LEVEL, value: '1'}
--- # the end
kind: List
apiVersion: v1
items:
- {kind: Service, metadata: {name: web, namespace: demo}, spec: {type: NodePort}}
- {kind: Service, metadata: {name: web, namespace: other}, spec: {type: NodePort}}
";

fn patches(text: &str) -> Result<Vec<Patch>, String> {
    yaml::parse(Path::new("p.yaml"), text).map_err(|error| error.to_string())
}

fn rendered(text: &str) -> Result<String, RenderError> {
    let bytes = render(MANIFEST.as_bytes(), &patches(text).unwrap())?.into_owned();
    Ok(String::from_utf8(bytes).unwrap())
}

/// The error and its causes in one line.
fn refusal(manifest: &str, text: &str) -> String {
    let error = render(manifest.as_bytes(), &patches(text).unwrap()).unwrap_err();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

const MODE: &str = "[{target: {kind: DaemonSet, name: agent}, why: w, merge: {spec: {template: {spec: \
                    {containers: [{name: agent, env: [{name: MODE, value: 'on'}]}]}}}}}]";

#[test]
fn only_the_patched_document_is_written_anew() {
    let text = rendered(MODE).unwrap();
    let (before, rest) = MANIFEST.split_once("---\n# The program").unwrap();
    let (_, after) = rest.split_once("--- # the end").unwrap();
    assert!(text.starts_with(before) && text.ends_with(after), "{text}");
    let changed = &text[before.len()..text.len() - after.len() - "--- # the end".len()];
    insta::assert_snapshot!(changed);
}

#[test]
fn a_manifest_may_be_mostly_comments() {
    let text = format!("a:\n{}  b: 1\n", "  # c\n".repeat(500));
    assert_eq!(super::documents(&text).unwrap(), [(1, serde_json::json!({"a": {"b": 1}}))]);
}

#[test]
fn without_patches_the_bytes_are_upstreams() {
    let odd = b"not: [yaml \xff";
    assert!(matches!(render(odd, &[]), Ok(Cow::Borrowed(bytes)) if bytes == odd));
}

#[test]
fn a_text_with_letters_that_end_lines_for_some_readers_is_kept() {
    let odd = MANIFEST.replace("--one", "\"a\\u2028b\\x85\u{ac00}\u{1f600}\"");
    let bytes = render(odd.as_bytes(), &patches(MODE).unwrap()).unwrap().into_owned();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\"a\\u2028b\\u0085\u{ac00}\u{1f600}\""), "{text}");
}

#[test]
fn one_item_of_a_list_is_found_by_its_namespace() {
    let text = rendered(
        "[{target: {kind: Service, namespace: other, name: web}, why: w, merge: {spec: {type: LoadBalancer}}}]",
    );
    let text = text.unwrap();
    assert_eq!(text.matches("NodePort").count(), 1);
    assert_eq!(text.matches("LoadBalancer").count(), 1);
}

#[test]
fn operations_are_done_all_or_none_and_see_what_was_patched_before() {
    let operations = "\
- target: {kind: DaemonSet, name: agent}
  why: w
  json:
  - {op: test, path: /spec/template/spec/containers/0/args/1, value: --two}
  - {op: remove, path: /spec/template/spec/containers/0/args/1}
  - {op: add, path: /spec/template/spec/hostNetwork, value: true}
- target: {kind: DaemonSet, name: agent}
  why: w
  json:
  - {op: test, path: /spec/template/spec/containers/0/args, value: [--one]}
  - {op: replace, path: /spec/template/spec/hostNetwork, value: '8080'}
";
    let text = rendered(operations).unwrap();
    assert!(text.contains(r#""hostNetwork": "8080""#) && !text.contains("--two"), "{text}");
    let wrong = operations.replace("value: [--one]", "value: [--three]");
    assert_eq!(
        refusal(MANIFEST, &wrong),
        "the patch of DaemonSet agent does not fit: operation '/0' failed at path \
         '/spec/template/spec/containers/0/args': value did not match"
    );
}

#[test]
fn the_first_document_can_be_patched_too_and_is_still_read_as_yaml() {
    let text = rendered(
        "[{target: {kind: ConfigMap, name: settings}, why: w, merge: {data: {script: null}}}]",
    );
    assert!(text.unwrap().starts_with("---\n{\n"));
}

#[test]
fn a_patch_that_does_not_fit_says_why() {
    let merge =
        |target: &str, merge: &str| format!("[{{target: {target}, why: w, merge: {merge}}}]");
    let found: Vec<_> = [
        merge("{kind: Deployment, namespace: demo, name: agent}", "{a: 1}"),
        merge("{kind: Service, name: web}", "{a: 1}"),
        merge(
            "{kind: DaemonSet, name: agent}",
            "{spec: {template: {spec: {containers: {name: x}}}}}",
        ),
        merge("{kind: DaemonSet, name: agent}", "{metadata: {labels: null}}"),
        MODE.replace("'on'", "'off'"),
    ]
    .iter()
    .map(|text| refusal(MANIFEST, text))
    .collect();
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_document_that_readers_understand_differently_is_not_written_anew() {
    let unclear = MANIFEST.replace("\"off\"", "off");
    assert_eq!(
        refusal(&unclear, MODE),
        "DaemonSet agent cannot be patched: the plain `off` at line 24 means different things \
         to different YAML readers"
    );
    let elsewhere = MANIFEST.replace("type: NodePort", "type: off");
    assert!(render(elsewhere.as_bytes(), &patches(MODE).unwrap()).is_ok());
}

#[test]
fn what_cannot_be_read_is_named_by_its_line() {
    let twice =
        MANIFEST.replace("  namespace: demo\nspec", "  namespace: demo\n  name: agent\nspec");
    let error = refusal(&twice, MODE);
    assert!(
        error.starts_with("the document at line 9 of the manifest cannot be read: "),
        "{error}"
    );
}

#[test]
fn a_small_text_that_means_a_huge_one_is_refused() {
    let level = |number: usize| {
        let inner = format!("*l{}, ", number - 1).repeat(10);
        format!("l{number}: &l{number} [{inner}]\n")
    };
    let bomb: String = (1..9).map(level).collect();
    let error = refusal(&format!("l0: &l0 [x, x, x, x, x, x, x, x, x]\n{bomb}"), MODE);
    assert!(error.contains("cannot be read") && error.to_lowercase().contains("alias"), "{error}");
    let deep = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
    assert!(refusal(&deep, MODE).contains("cannot be read"));
    let large = " ".repeat(LARGEST + 1);
    let error = render(large.as_bytes(), &[]).unwrap_err();
    assert!(matches!(error, RenderError::TooLarge { .. }), "{error}");
}

#[test]
fn a_patch_that_means_nothing_is_refused_when_it_is_read() {
    for (text, expected) in [
        ("[{target: {kind: Service, name: a}, why: w}]", "either `merge` or `json`"),
        ("[{target: {kind: Service, name: a}, why: w, merge: {}}]", "either `merge` or `json`"),
        ("[{target: {kind: Service, name: a}, why: w, json: []}]", "either `merge` or `json`"),
        ("[{target: {kind: Service, name: a}, merge: {a: 1}}]", "why"),
        ("[{target: {kind: service, name: a}, why: w, merge: {a: 1}}]", "`service` is not a kind"),
        (
            "[{target: {kind: Service, name: 'a b'}, why: w, merge: {a: 1}}]",
            "the name of an object",
        ),
        ("[{target: {kind: A, name: a}, why: w, merge: {$patch: delete}}]", "not known to `merge`"),
        ("[{target: {kind: A, name: a}, why: w, json: [{op: put, path: /a}]}]", "put"),
        ("[{target: {kind: A, name: a}, why: w, json: [{op: remove, path: a}]}]", "a"),
    ] {
        let error = patches(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
