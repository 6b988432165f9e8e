//! YAML as a tree whose nodes know their places.
//!
//! Only what a hand-written file needs: no aliases (they hide what a line
//! means and can make a small text huge) and no tags.

use crate::cluster::mistakes::{Mistakes, Place};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};

/// Deeper nesting than any cluster file has; keeps the recursion small.
const DEEPEST: usize = 32;

/// A value and its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing at all, `~` or `null`.
    Nothing,
    /// A scalar as it was written; `plain` is one without quotes.
    Text { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// Fields, each name once.
    Map(Vec<(Key, Node)>),
    /// YAML that is not read here, and why.
    Refused(&'static str),
}

/// The name of a field and its place.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) name: String,
}

/// Reads the one document of a text; `None` when it is not YAML.
pub(super) fn read(text: &str, mistakes: &Mistakes) -> Option<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder =
        Builder { events: Parser::new_from_str_with_options(text, options), mistakes };
    let tree = builder.document();
    tree.map_err(|error| mistakes.add(place(error.marker()), error.info())).ok()
}

struct Builder<'m, E> {
    events: E,
    mistakes: &'m Mistakes,
}

impl<'i, E: Iterator<Item = Result<(Event<'i>, Span), ScanError>>> Builder<'_, E> {
    fn document(&mut self) -> Result<Node, ScanError> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(..)
                | Event::DocumentEnd => {}
                event => {
                    let node = self.node(event, span)?;
                    if root.is_some() {
                        self.mistakes
                            .add(node.place, "expected one document, found another after `---`");
                    }
                    root.get_or_insert(node);
                }
            }
        }
        Ok(root.unwrap_or(Node { place: Place { line: 1, column: 1 }, value: Value::Nothing }))
    }

    fn next(&mut self) -> Result<Option<(Event<'i>, Span)>, ScanError> {
        self.events.next().transpose()
    }

    fn node(&mut self, event: Event<'i>, span: Span) -> Result<Node, ScanError> {
        let value = match event {
            Event::Scalar(text, style, _, None) => scalar(text.into_owned(), style),
            Event::SequenceStart(_, _, None) => self.list()?,
            Event::MappingStart(_, _, None) => self.map()?,
            Event::SequenceStart(..) => self.list().map(refuse_tag)?,
            Event::MappingStart(..) => self.map().map(refuse_tag)?,
            Event::Scalar(..) => Value::Refused(TAG),
            _ => Value::Refused("aliases (`*name`) are not read here; write the value out"),
        };
        Ok(Node { place: place(&span.start), value })
    }

    fn list(&mut self) -> Result<Value, ScanError> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            match event {
                Event::SequenceEnd => break,
                event => items.push(self.node(event, span)?),
            }
        }
        Ok(Value::List(items))
    }

    fn map(&mut self) -> Result<Value, ScanError> {
        let mut fields: Vec<(Key, Node)> = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, span)?;
            let Some((event, span)) = self.next()? else { break };
            let value = self.node(event, span)?;
            if let Some(key) = self.key(key, &fields) {
                fields.push((key, value));
            }
        }
        Ok(Value::Map(fields))
    }

    fn key(&self, node: Node, fields: &[(Key, Node)]) -> Option<Key> {
        let place = node.place;
        let Value::Text { text: name, .. } = node.value else {
            self.mistakes.add(place, "expected the name of a field");
            return None;
        };
        if let Some((first, _)) = fields.iter().find(|(key, _)| key.name == name) {
            let line = first.place.line;
            self.mistakes.add(place, format!("`{name}` is given twice, first in line {line}"));
            return None;
        }
        Some(Key { place, name })
    }
}

const TAG: &str = "tags (`!name`) are not read here; write the plain value";

fn refuse_tag(_: Value) -> Value {
    Value::Refused(TAG)
}

fn scalar(text: String, style: ScalarStyle) -> Value {
    let plain = style == ScalarStyle::Plain;
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Nothing,
        _ => Value::Text { text, plain },
    }
}

fn place(marker: &granit_parser::Marker) -> Place {
    // The parser counts lines from 1 and columns from 0.
    Place { line: marker.line() as u64, column: marker.col() as u64 + 1 }
}
