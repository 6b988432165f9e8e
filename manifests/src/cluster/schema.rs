//! The JSON schema of the cluster file, for editors: `docs/schema/`.

use super::file::ClusterFile;
use crate::Name;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// What [`Name`] accepts, for people and for editors.
const NAME: &str = "1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit";

/// The schema, made from the types that read the file, as JSON text.
pub fn schema() -> String {
    let schema = schemars::schema_for!(ClusterFile);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": NAME,
            "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        })
    }
}

#[cfg(test)]
mod tests {
    /// Run once with `BOTTARI_WRITE_SCHEMA=1` after changing the types.
    #[test]
    fn the_schema_in_docs_is_the_one_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema/cluster.schema.json");
        if std::env::var_os("BOTTARI_WRITE_SCHEMA").is_some() {
            std::fs::write(path, super::schema()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), super::schema());
    }
}
