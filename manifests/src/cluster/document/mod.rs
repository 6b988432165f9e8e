//! Reads YAML into types and goes on after each mistake.
//!
//! A text becomes a tree whose nodes know their places; serde types are read
//! from that tree. Where a type says [`Field`], a wrong or missing value is
//! noted and the rest is still read. Scalars keep their raw text until a type
//! asks for a number or a boolean, so a host called `1e3` stays `1e3`.

mod complaint;
mod field;
mod fields;
mod reader;
mod tree;

pub(super) use field::{Field, given};

use super::mistakes::{Mistakes, Place};
use reader::Reader;
use serde::de::{Deserialize, DeserializeOwned};

/// Reads a text as `T`; what is wrong goes to `mistakes`.
pub(super) fn read<T: DeserializeOwned>(text: &str, mistakes: &Mistakes) -> Field<T> {
    let start = Place { line: 1, column: 1 };
    let Some(tree) = tree::read(text, mistakes) else { return Field::unread(start) };
    let reader = Reader::of_document(&tree, mistakes);
    Field::deserialize(reader).unwrap_or_else(|_reported| Field::unread(start))
}
