//! The merge that people know from `kubectl patch`, without the schema that the
//! real one asks for: which lists merge can be seen in the patch itself.
//!
//! - A map merges into a map, key by key; `null` takes the key away.
//! - A list whose items all are maps with a `name` merges into such a list:
//!   items of the same name merge, others are added at the end.
//! - Any other list, and any text, number or boolean, replaces what is there.
//! - A map never replaces a list or a text, nor the other way round.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What does not fit, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) path: String,
    pub(super) why: String,
}

/// Merges `patch` into `target`, which lies `at` there in its object.
pub(super) fn merge(target: &mut Value, patch: &Value, at: &str) -> Result<(), Misfit> {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => maps(target, patch, at),
        (Value::Array(target), Value::Array(patch)) if is_named(patch) => lists(target, patch, at),
        (target, patch) if target.is_null() || shape(target) == shape(patch) => {
            *target = without_nulls(patch);
            Ok(())
        }
        (target, patch) => {
            let why = format!("the patch has {}, the manifest {}", shape(patch), shape(target));
            Err(misfit(at, why))
        }
    }
}

fn maps(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    at: &str,
) -> Result<(), Misfit> {
    for (key, change) in patch {
        if change.is_null() {
            target.shift_remove(key);
        } else if let Some(known) = target.get_mut(key) {
            merge(known, change, &below(at, key))?;
        } else {
            target.insert(key.clone(), without_nulls(change));
        }
    }
    Ok(())
}

fn lists(target: &mut Vec<Value>, patch: &[Value], at: &str) -> Result<(), Misfit> {
    let names: BTreeSet<_> = target.iter().filter_map(name).map(str::to_owned).collect();
    if names.len() != target.len() {
        let why = "items of the manifest have no name, or the same; write a `json` patch";
        return Err(misfit(at, why.into()));
    }
    for change in patch {
        let wanted = name(change);
        match target.iter_mut().find(|item| name(item) == wanted) {
            Some(item) => merge(item, change, &below(at, wanted.unwrap_or_default()))?,
            None => target.push(without_nulls(change)),
        }
    }
    Ok(())
}

/// Whether a list of a patch merges by name.
fn is_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| name(item).is_some())
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

/// A value that nothing is there to be merged into: its `null`s have done their
/// work. Those inside lists are values.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn shape(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "a map",
        Value::Array(_) => "a list",
        _ => "a single value",
    }
}

fn below(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn misfit(at: &str, why: String) -> Misfit {
    Misfit { path: at.to_owned(), why }
}

/// Refuses what would not mean what its writer thinks: the directives of the
/// real strategic merge, and two changes of one item.
pub(super) fn check(map: &Map<String, Value>) -> Result<(), String> {
    if let Some(directive) = map.keys().find(|key| key.starts_with('$')) {
        return Err(format!("`{directive}` is not known to `merge`: write a `json` patch"));
    }
    map.values().try_for_each(check_value)
}

fn check_value(value: &Value) -> Result<(), String> {
    match value {
        Value::Object(map) => check(map),
        Value::Array(items) => {
            let mut names = BTreeSet::new();
            let mut twice = items.iter().filter_map(name).filter(|name| !names.insert(*name));
            match twice.next() {
                Some(name) if is_named(items) => Err(format!("`{name}` is in one list twice")),
                _ => items.iter().try_for_each(check_value),
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
