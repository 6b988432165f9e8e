//! The walk through fields and texts: each rule with what it finds and what it
//! leaves alone.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// `field reference` of everything found.
fn found_around(value: &Value, around: Around<'_>) -> Vec<String> {
    let mut walk = Walk::default();
    walk.value(value, around);
    walk.found().into_iter().map(|found| format!("{} {}", found.field, found.reference)).collect()
}

fn found(value: &Value) -> Vec<String> {
    found_around(value, Around::default())
}

const NOTHING: [&str; 0] = [];

#[test]
fn every_kind_of_container_is_read_in_any_object() {
    let value = json!({"template": {"spec": {
        "initContainers": [{"name": "a", "image": "busybox"}],
        "containers": [{"name": "b", "image": "quay.io/b"}],
        "ephemeralContainers": [{"name": "c", "image": "quay.io/c:1"}],
        "volumes": [{"name": "d", "image": {"reference": "quay.io/d:1", "pullPolicy": "Always"}}],
    }}});
    let expected = [
        "template.spec.initContainers[0].image docker.io/library/busybox:latest",
        "template.spec.containers[0].image quay.io/b:latest",
        "template.spec.ephemeralContainers[0].image quay.io/c:1",
        "template.spec.volumes[0].image.reference quay.io/d:1",
    ];
    assert_eq!(found(&value), expected);
}

#[test]
fn a_container_of_kubernetes_itself_must_name_an_image() {
    let value = json!({"containers": [{"name": "a", "image": "UPPER:1"}]});
    let workload = Around { is_workload: true, ..Around::default() };
    assert_eq!(found_around(&value, workload), ["containers[0].image UPPER:1"]);
    assert_eq!(found(&value), NOTHING, "a pattern of a policy is no container");
}

#[test]
fn fields_that_say_image_are_read_in_custom_resources() {
    let value = json!({
        "cephVersion": {"image": "quay.io/ceph/ceph:v19.2.3", "allowUnsupported": false},
        "proxyImage": "istio/proxyv2:1.27.3",
        "images": ["busybox:1.35", "auto"],
        "cloudCore": {"repository": "kubeedge/cloudcore", "tag": "v1.20.0"},
    });
    let expected = [
        "cephVersion.image quay.io/ceph/ceph:v19.2.3",
        "proxyImage docker.io/istio/proxyv2:1.27.3",
        "images[0] docker.io/library/busybox:1.35",
        "cloudCore docker.io/kubeedge/cloudcore:v1.20.0",
    ];
    assert_eq!(found(&value), expected);
    let other = json!({"image": "auto", "imagePullPolicy": "Always", "dataImage": "/var/x:1"});
    assert_eq!(found(&other), NOTHING);
}

#[test]
fn a_hub_holds_for_every_image_below_it() {
    let value = json!({"global": {
        "hub": "docker.io/istio", "tag": "1.27.3", "proxy": {"image": "proxyv2"},
    }});
    assert_eq!(found(&value), ["global.proxy.image docker.io/istio/proxyv2:1.27.3"]);
}

#[test]
fn variables_and_arguments_are_read_by_their_names() {
    let value = json!({
        "env": [{"name": "ROOK_CSI_CEPH_IMAGE", "value": "cephcsi:v3.15.0"}],
        "args": ["--pod-image", "busybox:1.35", "--listen=redis:6379", "--other=quay.io/a/b:v1"],
    });
    let expected = [
        "env[0].value docker.io/library/cephcsi:v3.15.0",
        "args[1] docker.io/library/busybox:1.35",
        "args[3] quay.io/a/b:v1",
    ];
    assert_eq!(found(&value), expected);
    let other = json!({"env": [{"name": "REDIS", "value": "redis:6379"}], "args": ["a:1"]});
    assert_eq!(found(&other), NOTHING);
}

#[test]
fn texts_that_are_documents_are_read_like_objects() {
    let value = json!({"data": {
        "config.yaml": "sidecar:\n  image: busybox:1.35\n  note: x\n",
        "values": "{\"global\": {\"proxyImage\": \"quay.io/a/b:v1\"}}",
        "script": "set -e\ncrictl pull quay.io/c/d:v1\n",
        "parts": "{\"image\": \"kserve/agent\", \"tag\": \"v0.10.0\"}",
    }});
    let expected = [
        "data[\"config.yaml\"] > sidecar.image docker.io/library/busybox:1.35",
        "data.values > global.proxyImage quay.io/a/b:v1",
        "data.script > line 2 quay.io/c/d:v1",
        "data.parts docker.io/kserve/agent:v0.10.0",
    ];
    assert_eq!(found(&value), expected);
}

#[test]
fn a_text_that_is_a_template_is_read_line_by_line() {
    let template =
        "containers:\n- name: a\n  image: \"quay.io/a/b:v1\"\n{{ end }}\n- image: {{ .x }}\n";
    let value = json!({"data": {"config": template}});
    assert_eq!(found(&value), ["data.config > line 3 quay.io/a/b:v1"]);
}

#[test]
fn urls_count_only_where_something_runs() {
    let value = json!({"command": ["sh", "-c", "curl -LO https://get.example.org/tool"]});
    assert_eq!(found(&value), ["command[2] https://get.example.org/tool"]);
    assert_eq!(found(&json!({"link": "https://get.example.org/a.tar.gz"})), NOTHING);
}

#[test]
fn a_schema_names_images_in_its_defaults_and_not_in_its_prose() {
    let value = json!({"properties": {"image": {
        "default": "busybox:1.35",
        "description": "such as quay.io/ceph/ceph:v19.2.3",
        "type": "string",
    }}});
    let schema = Around { has_prose: true, ..Around::default() };
    let expected = ["properties.image.default docker.io/library/busybox:1.35"];
    assert_eq!(found_around(&value, schema), expected);
}

fn any_value() -> impl Strategy<Value = Value> {
    let word = "(image|name|tag|hub|repository|containers|env|value|data|[a-z:/@.{}$\"\n -]{0,40})";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,60}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_the_walk_fail(value in any_value()) {
        found_around(&value, Around { runs: true, ..Around::default() });
    }

    #[test]
    fn no_text_makes_the_walk_fail(text in "(\\PC|\n|https://|image: |#|---|=){0,80}") {
        found_around(&Value::from(text), Around { runs: true, ..Around::default() });
    }
}
