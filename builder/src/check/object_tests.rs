//! Whole documents: lists, secrets, metadata.

use super::*;
use serde_json::json;

/// `object: field reference` of everything found.
fn found(document: &Value) -> Vec<String> {
    let objects = objects(document, 7).into_iter();
    objects
        .flat_map(|object| {
            let title = object.title;
            object
                .found
                .into_iter()
                .map(move |found| format!("{title}: {} {}", found.field, found.reference))
        })
        .collect()
}

#[test]
fn the_items_of_a_list_are_objects_of_their_own() {
    let pod = |name: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n"},
            "spec": {"containers": [{"name": "a", "image": name}]},
        })
    };
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [pod("a"), pod("b")]});
    let expected = [
        "Pod n/a: spec.containers[0].image docker.io/library/a:latest",
        "Pod n/b: spec.containers[0].image docker.io/library/b:latest",
    ];
    assert_eq!(found(&list), expected);
}

#[test]
fn secrets_are_decoded_and_bytes_that_are_no_text_stay_unread() {
    let encoded = |text: &[u8]| BASE64_STANDARD.encode(text);
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
        "data": {
            "config": encoded(b"sidecarImage: busybox:1.35\nx: y\n"),
            "POD_IMAGE": encoded(b"nginx:1.27"),
            "archive": encoded(&[0xff, 0xfe, 0]),
        },
        "stringData": {"plain": "quay.io/a/b:v1"},
    });
    let expected = [
        "Secret s: data.config > sidecarImage docker.io/library/busybox:1.35",
        "Secret s: data.POD_IMAGE docker.io/library/nginx:1.27",
        "Secret s: stringData.plain quay.io/a/b:v1",
    ];
    assert_eq!(found(&secret), expected);
}

#[test]
fn annotations_are_read_and_names_and_labels_are_not() {
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "quay.io/a/b:v1",
            "labels": {"image": "quay.io/a/b:v1"},
            "annotations": {"sidecar.istio.io/proxyImage": "istio/proxyv2:1.27.3"},
        },
    });
    let field = "metadata.annotations[\"sidecar.istio.io/proxyImage\"]";
    let expected = [format!("Deployment quay.io/a/b:v1: {field} docker.io/istio/proxyv2:1.27.3")];
    assert_eq!(found(&object), expected);
}

#[test]
fn charts_and_sources_of_custom_resources_are_files() {
    let chart = json!({
        "apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": "a"},
        "spec": {
            "repo": "https://charts.example.org", "chart": "shop",
            "valuesContent": "url: https://shop.example.org\nplugin:\n  url: https://a.io/x.zip\n",
        },
    });
    let expected = [
        "HelmChart a: spec.repo https://charts.example.org",
        "HelmChart a: spec.valuesContent > plugin.url https://a.io/x.zip",
    ];
    assert_eq!(found(&chart), expected);
    let repository = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "b", "annotations": {"url": "https://a.io/readme.yaml"}},
        "spec": {"type": "oci", "url": "oci://ghcr.io/a/charts"},
    });
    assert_eq!(found(&repository), ["HelmRepository b: spec.url oci://ghcr.io/a/charts"]);
}

#[test]
fn what_is_no_object_is_told_by_its_line() {
    let document = json!(["quay.io/a/b:v1"]);
    assert_eq!(found(&document), ["the document at line 7: [0] quay.io/a/b:v1"]);
}

#[test]
fn rules_of_access_name_no_image() {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:controller:x"},
        "rules": [{"apiGroups": ["apps/v1"], "resources": ["pods/log"], "resourceNames": ["a:b"]}],
        "subjects": [{"kind": "Group", "name": "system:serviceaccounts:kube-system"}],
    });
    assert_eq!(found(&role).len(), 0);
}
