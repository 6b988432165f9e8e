//! Lets serde types read the tree.

use super::{
    complaint::Complaint,
    field::FIELD,
    fields::Fields,
    tree::{Node, Value},
};
use crate::cluster::mistakes::{Mistakes, Place};
use serde::{
    de::{self, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

/// One node that a type reads itself from, or the lack of one.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    /// Without a node: where it should be.
    pub(super) place: Place,
    pub(super) node: Option<&'t Node>,
    /// The field it belongs to, for messages; empty for the whole document.
    pub(super) label: &'t str,
    pub(super) mistakes: &'t Mistakes,
}

impl<'t> Reader<'t> {
    /// The whole document.
    pub(super) fn of_document(root: &'t Node, mistakes: &'t Mistakes) -> Self {
        Self { place: root.place, node: Some(root), label: "", mistakes }
    }

    /// The value, `Nothing` when there is no node.
    fn value(self) -> &'t Value {
        self.node.map_or(&Value::Nothing, |node| &node.value)
    }

    fn expected(self, what: &str) -> Complaint {
        let found = match self.value() {
            Value::Nothing => "nothing".to_owned(),
            Value::Text { text, plain: true } => format!("`{text}`"),
            Value::Text { text, plain: false } => format!("the quoted text `{text}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "fields".to_owned(),
            Value::Refused(why) => return Complaint((*why).to_owned()),
        };
        Complaint(format!("expected {what}, found {found}"))
    }

    fn report(self, complaint: &Complaint) {
        match self.label {
            "" => self.mistakes.add(self.place, &complaint.0),
            label => self.mistakes.add(self.place, format!("`{label}`: {complaint}")),
        }
    }

    fn report_missing(self) {
        match (self.label, self.node) {
            ("", _) => self.mistakes.add(self.place, "the file holds nothing"),
            (label, None) => self.mistakes.add(self.place, format!("`{label}` is missing")),
            (label, _) => self.mistakes.add(self.place, format!("`{label}` has no value")),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Complaint;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::Text { text, .. } => visitor.visit_str(text),
            _ => Err(self.expected("a text")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::Text { text, plain: true } if text == "true" => visitor.visit_bool(true),
            Value::Text { text, plain: true } if text == "false" => visitor.visit_bool(false),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        let number = match self.value() {
            Value::Text { text, plain: true } => text.parse().ok(),
            _ => None,
        };
        visitor.visit_u64(number.ok_or_else(|| self.expected("a whole number"))?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::Nothing => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::List(items) => visitor.visit_seq(Items { list: self, left: items.iter() }),
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::Map(fields) => visitor.visit_map(Fields::new(self, fields, names)),
            _ => Err(self.expected(&format!("fields such as `{}`", names.join("`, `")))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Complaint> {
        match self.value() {
            Value::Text { text, .. } => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(self.expected(&super::complaint::one_of(words))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Complaint> {
        match name {
            FIELD => visitor.visit_seq(FieldParts { reader: self, next: 0 }),
            _ => Err(self.expected(name)),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct tuple map identifier ignored_any
    }
}

/// The items of a list, each read on its own.
struct Items<'t> {
    list: Reader<'t>,
    left: std::slice::Iter<'t, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Complaint;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Complaint> {
        let Some(node) = self.left.next() else { return Ok(None) };
        let item = Reader { place: node.place, node: Some(node), ..self.list };
        seed.deserialize(item).map(Some)
    }
}

/// Line, column and value of one [`super::Field`].
struct FieldParts<'t> {
    reader: Reader<'t>,
    next: u8,
}

impl<'de> SeqAccess<'de> for FieldParts<'_> {
    type Error = Complaint;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Complaint> {
        let Self { reader, next } = *self;
        self.next += 1;
        let number = |number: u64| de::value::U64Deserializer::<Complaint>::new(number);
        match (next, reader.value()) {
            (0, _) => seed.deserialize(number(reader.place.line)).map(Some),
            (1, _) => seed.deserialize(number(reader.place.column)).map(Some),
            (_, Value::Nothing) => {
                reader.report_missing();
                Ok(None)
            }
            _ => {
                seed.deserialize(reader).map(Some).inspect_err(|complaint| reader.report(complaint))
            }
        }
    }
}
