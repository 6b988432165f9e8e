//! The fields of one struct: those that are there, then those that are not.

use super::{
    complaint::{Complaint, nearest, one_of, suggestion},
    reader::Reader,
    tree::{Key, Node},
};
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess};

/// Hands each field of a struct to serde exactly once. Unknown names are noted
/// and passed over, so they never end the reading; absent fields are handed out
/// too, so that each type says itself whether it can do without.
pub(super) struct Fields<'t> {
    left: std::vec::IntoIter<(&'static str, Reader<'t>)>,
    current: Option<Reader<'t>>,
}

impl<'t> Fields<'t> {
    pub(super) fn new(
        parent: Reader<'t>,
        given: &'t [(Key, Node)],
        names: &'static [&'static str],
    ) -> Self {
        let mut found: Vec<(&'static str, Reader<'t>)> = Vec::new();
        for (key, node) in given {
            let name = known(key, names).or_else(|| meant(parent, key, given, names));
            // Two slips may mean the same field; the second is only noted.
            if let Some(name) = name.filter(|name| found.iter().all(|(other, _)| other != name)) {
                found.push((
                    name,
                    Reader { place: node.place, node: Some(node), label: name, ..parent },
                ));
            }
        }
        let absent = |name: &&'static str| found.iter().all(|(other, _)| other != name);
        let absent: Vec<_> = names.iter().copied().filter(absent).collect();
        found.extend(
            absent.into_iter().map(|name| (name, Reader { node: None, label: name, ..parent })),
        );
        Self { left: found.into_iter(), current: None }
    }
}

fn known(key: &Key, names: &'static [&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| *name == key.name)
}

/// Notes an unknown field. When it is a slip for a field that is not given, it
/// is read as that one, so that a slip is one mistake and not two.
fn meant(
    parent: Reader<'_>,
    key: &Key,
    given: &[(Key, Node)],
    names: &'static [&'static str],
) -> Option<&'static str> {
    let unknown = format!("unknown field `{}`", key.name);
    let near = nearest(&key.name, names);
    parent.mistakes.add(
        key.place,
        match near {
            Some(_) => format!("{unknown}{}", suggestion(&key.name, names)),
            None => format!("{unknown}: expected {}", one_of(names)),
        },
    );
    near.filter(|near| given.iter().all(|(other, _)| other.name != *near))
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Complaint;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Complaint> {
        let Some((name, reader)) = self.left.next() else { return Ok(None) };
        self.current = Some(reader);
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Complaint> {
        let reader = self.current.take();
        seed.deserialize(reader.expect("serde asks for a value only after its key"))
    }
}
