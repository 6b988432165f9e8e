//! The API list that a chart is rendered with: `.Capabilities.APIVersions` of its
//! templates. Helm knows the groups of Kubernetes itself, though not their kinds.

use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds that every supported Kubernetes serves and that charts ask for.
const BUILT_IN: [(&str, &[&str]); 17] = [
    ("v1", &["ConfigMap", "Namespace", "Node", "PersistentVolumeClaim", "Pod"]),
    ("v1", &["PersistentVolume", "Secret", "Service", "ServiceAccount"]),
    ("admissionregistration.k8s.io/v1", &["MutatingWebhookConfiguration"]),
    ("admissionregistration.k8s.io/v1", &["ValidatingWebhookConfiguration"]),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io/v1", &["APIService"]),
    ("apps/v1", &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("batch/v1", &["CronJob", "Job"]),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("discovery.k8s.io/v1", &["EndpointSlice"]),
    ("networking.k8s.io/v1", &["Ingress", "IngressClass", "NetworkPolicy"]),
    ("policy/v1", &["PodDisruptionBudget"]),
    ("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("scheduling.k8s.io/v1", &["PriorityClass"]),
    ("storage.k8s.io/v1", &["CSIDriver", "StorageClass"]),
];

/// `group/version` and `group/version/Kind`.
pub(in crate::check) type Apis = BTreeSet<String>;

/// What Kubernetes brings itself and Helm does not know.
pub(super) fn built_in() -> Apis {
    let kinds = |(version, kinds): &(&str, &[&str])| {
        kinds.iter().map(|kind| format!("{version}/{kind}")).collect::<Vec<_>>()
    };
    BUILT_IN.iter().flat_map(kinds).collect()
}

/// What the objects of a document add to the API of a cluster.
pub(in crate::check) fn brought_by(document: &Value) -> Apis {
    let is_list = document["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match (&document["items"], document["kind"].as_str()) {
        (Value::Array(items), _) if is_list => items.iter().flat_map(brought_by).collect(),
        (_, Some("CustomResourceDefinition")) => of_definition(&document["spec"]),
        (_, Some("APIService")) => of_service(&document["spec"]),
        _ => Apis::new(),
    }
}

fn of_definition(spec: &Value) -> Apis {
    let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
        return Apis::new();
    };
    let versions = spec["versions"].as_array().into_iter().flatten();
    let served = versions.filter(|version| version["served"] != Value::Bool(false));
    let names = served.filter_map(|version| version["name"].as_str());
    names.flat_map(|name| [format!("{group}/{name}"), format!("{group}/{name}/{kind}")]).collect()
}

/// An API that a program of the cluster answers itself; its kinds are not told.
fn of_service(spec: &Value) -> Apis {
    let named = spec["group"].as_str().zip(spec["version"].as_str());
    named.map(|(group, version)| format!("{group}/{version}")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::patch::documents;

    #[test]
    fn definitions_bring_each_version_that_is_served() {
        let text = "
kind: List
items:
- kind: CustomResourceDefinition
  spec:
    group: a.io
    names: {kind: Thing}
    versions: [{name: v1, served: true}, {name: v1alpha1, served: false}, {name: v2}]
- {kind: APIService, spec: {group: metrics.k8s.io, version: v1beta1}}
- {kind: Service, spec: {group: other, version: v1}}
- {kind: CustomResourceDefinition, spec: {group: a.io}}
";
        let documents = documents(text).unwrap();
        let brought: Vec<_> = brought_by(&documents[0].1).into_iter().collect();
        let expected =
            ["a.io/v1", "a.io/v1/Thing", "a.io/v2", "a.io/v2/Thing", "metrics.k8s.io/v1beta1"];
        assert_eq!(brought, expected);
    }
}
