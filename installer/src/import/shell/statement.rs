//! One line: assignments, or nothing that is read.

use super::{
    Script,
    cursor::{Cursor, is_blank},
    name::name,
    refusal::{command, refuse},
    word::word,
};
use manifests::cluster::Mistake;

/// Reads a line into the script.
pub(super) fn read(number: u64, line: &str, script: &mut Script) -> Result<(), Mistake> {
    let mut cursor = Cursor::new(number, line);
    cursor.skip_blanks();
    let declares = declaration(&mut cursor)?;
    let mut before: Option<Left> = None;
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            None | Some('#') => return Ok(()),
            Some(_) => before = Some(assignment(&mut cursor, declares, before, script)?),
        }
    }
}

/// What the assignment before this one left for it to say.
struct Left {
    name: String,
    empty: bool,
}

/// Words that make a variable of a name and do nothing else.
fn declaration(cursor: &mut Cursor<'_>) -> Result<bool, Mistake> {
    let place = cursor.place();
    let word = ["export", "declare", "typeset", "readonly"].into_iter().find(|word| {
        cursor.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with(is_blank))
    });
    let Some(word) = word else { return Ok(false) };
    cursor.eat(word);
    cursor.skip_blanks();
    while cursor.peek() == Some('-') {
        let option = cursor.take_while(|c| !is_blank(c));
        if option.len() < 2 || !option.chars().skip(1).all(|c| "Aaxrg".contains(c)) {
            return Err(refuse(place, &format!("`{word} {option}`"), "is not read"));
        }
        cursor.skip_blanks();
    }
    Ok(true)
}

fn assignment(
    cursor: &mut Cursor<'_>,
    declares: bool,
    before: Option<Left>,
    script: &mut Script,
) -> Result<Left, Mistake> {
    let begin = *cursor;
    let Some(name) = name(cursor) else { return Err(no_assignment(&begin, before)) };
    if cursor.eat("=") {
        let value = word(cursor, script);
        let left = Left { name: name.clone(), empty: value.as_ref().is_ok_and(String::is_empty) };
        script.assign(name, begin.place(), value.as_ref().ok().cloned());
        return value.map(|_| left).map_err(|refusal| discreet(refusal, script));
    }
    if cursor.rest().starts_with("+=") {
        return Err(refuse(cursor.place(), "`+=`", "is not read: write the whole value"));
    }
    match declares && cursor.at_blank_or_end() {
        true => Ok(Left { name, empty: false }),
        false => Err(no_assignment(&begin, before)),
    }
}

/// A reason would show a part of a password, which is the very value in which
/// people write `$` and mean it.
fn discreet(refusal: Mistake, script: &Script) -> Mistake {
    let name = script.assignments.last().map_or("", |assignment| assignment.name.as_str());
    match ["PASSWORD", "SECRET", "_KEY", "USERNAME"].iter().any(|word| name.contains(word)) {
        true => refuse(
            refusal.place,
            &format!("the value of `{name}`"),
            "holds what a shell would act on: put it in single quotes",
        ),
        false => refusal,
    }
}

fn no_assignment(begin: &Cursor<'_>, before: Option<Left>) -> Mistake {
    let rest = begin.rest();
    let word = rest.split(is_blank).next().unwrap_or(rest);
    // The word may be a part of a password, so it is not shown.
    match before {
        Some(Left { name, empty: true }) => refuse(
            begin.place(),
            &format!("the word after `{name}=`"),
            "would be run as a command: write the value without a blank after `=`",
        ),
        Some(Left { name, .. }) => refuse(
            begin.place(),
            &format!("the word after the value of `{name}`"),
            "would be run as a command: put a value with blanks in quotes",
        ),
        None => command(begin.place(), word, rest),
    }
}
