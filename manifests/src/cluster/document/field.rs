//! A value that remembers its place and may be wrong.

use crate::cluster::mistakes::Place;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// The name by which [`super::reader`] recognises this type.
pub(super) const FIELD: &str = "bottari field with its place";

/// A value of the file with its place. There is no value when it is missing
/// or wrong; that has been noted then, so whoever looks may pass over it.
///
/// `Field<T>` in a struct is a field that must be there, `Option<Field<T>>` is
/// one that may be left out, both for the reader and for the JSON schema.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Field<T> {
    /// Where the value is; where it should be when it is missing.
    pub(in crate::cluster) place: Place,
    value: Option<T>,
}

impl<T> Field<T> {
    /// A field nothing could be read from.
    pub(super) fn unread(place: Place) -> Self {
        Self { place, value: None }
    }

    /// The value, when it is there and right.
    pub(in crate::cluster) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl<T> Field<Vec<Field<T>>> {
    /// The right ones of a list, with their places.
    pub(in crate::cluster) fn items(&self) -> impl Iterator<Item = (Place, &T)> {
        let items = self.value.iter().flatten();
        items.filter_map(|item| Some((item.place, item.get()?)))
    }
}

/// The value of a field that may be left out.
pub(in crate::cluster) fn given<T>(field: Option<&Field<T>>) -> Option<&T> {
    field.and_then(Field::get)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple_struct(FIELD, 3, Parts(PhantomData))
    }
}

/// Takes line, column and value, the way the reader hands them out.
struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Field<T>, A::Error> {
        let line = parts.next_element()?.unwrap_or_default();
        let column = parts.next_element()?.unwrap_or_default();
        // The reader notes the mistake before it answers with an error.
        let value = parts.next_element().unwrap_or_default();
        Ok(Field { place: Place { line, column }, value })
    }
}

/// The schema sees through to the value.
impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
