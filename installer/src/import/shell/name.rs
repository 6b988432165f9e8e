//! Names of variables.

use super::cursor::Cursor;

/// `NAME` or `NAME[INDEX]`
pub(super) fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    let plain = cursor.take_while(is_name);
    if plain.is_empty() || plain.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut name = plain.to_owned();
    if cursor.eat("[") {
        name = format!("{plain}[{}]", cursor.take_while(is_name));
        return cursor.eat("]").then_some(name);
    }
    Some(name)
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
