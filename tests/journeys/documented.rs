//! The fields of the report's JSON are those that `docs/report.md` lists.

use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Fields that the table describes by another form or in a row of their own.
const SAME_AS_ELSEWHERE: [&str; 9] = [
    "components",
    "decisions",
    "exceptions",
    "files",
    "images",
    "omitted",
    "overlays",
    "since",
    "systems",
];

/// The table names every field of this report, and the report has all that the rows
/// begin with.
pub(crate) fn assert_documented(facts: &Value) {
    let mut documented = BTreeSet::new();
    for (field, holds) in rows() {
        let path = field.trim_end_matches("[]");
        let value = facts.pointer(&format!("/{}", path.replace('.', "/")));
        let mut found = BTreeSet::new();
        if !SAME_AS_ELSEWHERE.contains(&&*field) {
            collect_fields(value.unwrap_or(&Value::Null), &mut found);
        }
        let missing: Vec<_> = found.difference(&holds).collect();
        assert!(missing.is_empty(), "{field} holds {missing:?} too");
        documented.insert(path.split('.').next().unwrap().to_owned());
    }
    let found: BTreeSet<String> = facts.as_object().unwrap().keys().cloned().collect();
    assert_eq!(found, documented);
}

/// Each field in the first column, with everything named in the second.
fn rows() -> Vec<(String, BTreeSet<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/report.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("## As JSON").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    rows.flat_map(|(fields, holds)| {
        let fields = quoted(&format!("`{fields}"));
        fields.into_iter().map(move |field| (field, quoted(holds)))
    })
    .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn collect_fields(value: &Value, fields: &mut BTreeSet<String>) {
    for inner in value.as_array().into_iter().flatten() {
        collect_fields(inner, fields);
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        fields.insert(name.clone());
        if !SAME_AS_ELSEWHERE.contains(&name.as_str()) {
            collect_fields(inner, fields);
        }
    }
}
