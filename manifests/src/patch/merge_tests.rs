//! What the merge does, by examples and for any values.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn merged(target: &Value, patch: &Value) -> Result<Value, Misfit> {
    let mut result = target.clone();
    merge(&mut result, patch, "").map(|()| result)
}

#[test]
fn maps_merge_and_null_takes_away() {
    let target = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": null});
    let patch = json!({"b": {"c": null, "x": 4}, "e": {"f": null, "g": 5}, "nowhere": null});
    let expected = json!({"a": 1, "b": {"d": 3, "x": 4}, "e": {"g": 5}});
    assert_eq!(merged(&target, &patch).unwrap(), expected);
}

#[test]
fn lists_of_named_items_merge_by_name_and_keep_their_order() {
    let target = json!([{"name": "a", "value": 1}, {"name": "b", "value": 2, "more": true}]);
    let patch = json!([{"name": "b", "value": 3}, {"name": "c", "gone": null}]);
    let expected =
        json!([{"name": "a", "value": 1}, {"name": "b", "value": 3, "more": true}, {"name": "c"}]);
    assert_eq!(merged(&target, &patch).unwrap(), expected);
}

#[test]
fn any_other_list_is_replaced() {
    let target = json!({"args": ["--a", "--b"], "ports": [{"port": 1}], "env": [{"name": "x"}]});
    let patch = json!({"args": ["--c"], "ports": [{"port": 2}], "env": []});
    assert_eq!(merged(&target, &patch).unwrap(), patch);
}

#[test]
fn what_has_another_shape_is_never_replaced() {
    let target = json!({"spec": {"list": [1], "map": {"a": 1}, "text": "x"}});
    for (patch, path, why) in [
        (
            json!({"spec": {"list": {"a": 1}}}),
            "spec.list",
            "the patch has a map, the manifest a list",
        ),
        (json!({"spec": {"map": [1]}}), "spec.map", "the patch has a list, the manifest a map"),
        (json!({"spec": {"text": {"a": 1}}}), "spec.text", "a map, the manifest a single value"),
        (json!({"spec": {"map": "x"}}), "spec.map", "a single value, the manifest a map"),
    ] {
        let misfit = merged(&target, &patch).unwrap_err();
        assert_eq!(misfit.path, path);
        assert!(misfit.why.ends_with(why), "{misfit:?}");
    }
}

#[test]
fn a_list_whose_names_do_not_tell_its_items_apart_is_not_merged() {
    let patch = json!({"mounts": [{"name": "a", "path": "/x"}]});
    for mounts in [json!([{"name": "a"}, {"name": "a"}]), json!([{"path": "/y"}])] {
        let misfit = merged(&json!({"mounts": mounts}), &patch).unwrap_err();
        assert_eq!(misfit.path, "mounts");
    }
}

#[test]
fn directives_and_items_given_twice_are_refused_when_the_patch_is_read() {
    let check = |value: Value| super::check(value.as_object().unwrap());
    let directive = check(json!({"a": [{"name": "x", "$patch": "delete"}]})).unwrap_err();
    assert!(directive.contains("`$patch` is not known to `merge`"), "{directive}");
    let twice = check(json!({"a": {"b": [{"name": "x"}, {"name": "x"}]}})).unwrap_err();
    assert_eq!(twice, "`x` is in one list twice");
    assert_eq!(check(json!({"a": [{"name": "x"}, {"name": "x", "b": 1}, 3]})), Ok(()));
}

/// Values with few keys and names, so that two of them often meet.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab]".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let map = prop::collection::btree_map("[abc]", inner.clone(), 0..4);
        let named = prop::collection::btree_map("[xyz]", inner.clone(), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
            named.prop_map(|items| {
                items.into_iter().map(|(name, value)| json!({"name": name, "a": value})).collect()
            }),
        ]
    })
}

fn any_map() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[abcd]", any_value(), 1..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn merging_again_changes_nothing(target in any_map(), patch in any_map()) {
        if let Ok(once) = merged(&target, &patch) {
            prop_assert_eq!(merged(&once, &patch), Ok(once));
        }
    }

    #[test]
    fn what_the_patch_does_not_name_stays(target in any_map(), patch in any_map()) {
        if let Ok(result) = merged(&target, &patch) {
            let named = |key: &&String| patch.get(key.as_str()).is_none();
            for key in target.as_object().unwrap().keys().filter(named) {
                prop_assert_eq!(&result[key], &target[key]);
            }
        }
    }

    #[test]
    fn what_the_patch_names_is_there_or_gone(target in any_map(), patch in any_map()) {
        if let Ok(result) = merged(&target, &patch) {
            for (key, wanted) in patch.as_object().unwrap() {
                match wanted {
                    Value::Null => prop_assert!(result.get(key).is_none()),
                    Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                        prop_assert_eq!(&result[key], wanted);
                    }
                    _ => prop_assert!(result.get(key).is_some()),
                }
            }
        }
    }
}
