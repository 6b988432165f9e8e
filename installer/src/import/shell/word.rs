//! A value: quotes, backslashes and `$NAME`, as a shell would read them.

use super::{
    Script,
    cursor::{Cursor, is_blank},
    name::{is_name, name},
    refusal::refuse,
};
use manifests::cluster::{Mistake, Place};

/// Longer than any variable of K-PaaS. `$A$A` line after line would otherwise
/// fill the memory.
const LONGEST: usize = 4096;

/// The value that begins here, up to the blank after it.
pub(super) fn word(cursor: &mut Cursor<'_>, script: &Script) -> Result<String, Mistake> {
    let begin = cursor.place();
    let mut value = String::new();
    while let Some(c) = cursor.peek().filter(|c| !is_blank(*c)) {
        let place = cursor.place();
        match c {
            '\'' => value.push_str(single(cursor)?),
            '"' => double(cursor, script, &mut value)?,
            '$' => expansion(cursor, script, &mut value)?,
            '\\' => value.push(escaped(cursor)?),
            '~' if place == begin => {
                return Err(refuse(place, "`~`", "is the home of whoever runs it: write it out"));
            }
            _ => {
                acts(c, place)?;
                cursor.bump();
                value.push(c);
            }
        }
        if value.len() > LONGEST {
            return Err(refuse(begin, "the value", "is longer than 4096 bytes"));
        }
    }
    Ok(value)
}

/// Characters that a shell acts on.
fn acts(c: char, place: Place) -> Result<(), Mistake> {
    let reason = match c {
        '`' => "would run a command for its output: write the value itself",
        ';' => "begins another command: write each `NAME=value` on a line of its own",
        '|' => "would run a command on what comes before it",
        '&' => "would run what comes before it in the background",
        '<' | '>' => "would read or write a file",
        '(' | ')' => "belongs to a list or a program: only plain values are read",
        _ => return Ok(()),
    };
    let what = if c == '`' { "a backtick".to_owned() } else { format!("`{c}`") };
    Err(refuse(place, &what, reason))
}

fn unclosed(place: Place, quote: char) -> Mistake {
    refuse(place, &format!("`{quote}`"), "is not closed on its line")
}

/// Between single quotes everything is meant as it stands.
fn single<'t>(cursor: &mut Cursor<'t>) -> Result<&'t str, Mistake> {
    let place = cursor.place();
    cursor.bump();
    let text = cursor.take_while(|c| c != '\'');
    if cursor.eat("'") { Ok(text) } else { Err(unclosed(place, '\'')) }
}

fn double(cursor: &mut Cursor<'_>, script: &Script, value: &mut String) -> Result<(), Mistake> {
    let begin = cursor.place();
    cursor.bump();
    loop {
        match cursor.peek() {
            None => return Err(unclosed(begin, '"')),
            Some('"') => {
                cursor.bump();
                return Ok(());
            }
            Some('$') if !cursor.rest().starts_with("$\"") && !cursor.rest().starts_with("$'") => {
                expansion(cursor, script, value)?;
            }
            Some('`') => acts('`', cursor.place())?,
            Some('\\') => value.push_str(escaped_in_quotes(cursor)?),
            Some(c) => {
                cursor.bump();
                value.push(c);
            }
        }
        if value.len() > LONGEST {
            return Err(refuse(begin, "the value", "is longer than 4096 bytes"));
        }
    }
}

fn at_line_end(place: Place) -> Mistake {
    refuse(place, "`\\` at the end of a line", "is not read: write the value on one line")
}

fn escaped(cursor: &mut Cursor<'_>) -> Result<char, Mistake> {
    let place = cursor.place();
    cursor.bump();
    cursor.bump().ok_or_else(|| at_line_end(place))
}

/// Between double quotes a backslash means something before four characters.
fn escaped_in_quotes<'t>(cursor: &mut Cursor<'t>) -> Result<&'t str, Mistake> {
    let (place, rest) = (cursor.place(), cursor.rest());
    cursor.bump();
    let Some(next) = cursor.peek() else { return Err(at_line_end(place)) };
    let skipped = usize::from(matches!(next, '"' | '\\' | '$' | '`'));
    cursor.bump();
    Ok(rest.get(skipped..1 + next.len_utf8()).unwrap_or_default())
}

/// `$NAME` and `${NAME}`, of a line above.
fn expansion(cursor: &mut Cursor<'_>, script: &Script, value: &mut String) -> Result<(), Mistake> {
    let place = cursor.place();
    let rest = cursor.rest();
    if rest.starts_with("$((") || rest.starts_with("$[") {
        return Err(refuse(place, "`$((…))`", "would be computed: write the result"));
    }
    if rest.starts_with("$(") {
        let reason = "would run a command for its output: write the value itself";
        return Err(refuse(place, "`$(…)`", reason));
    }
    cursor.bump();
    match cursor.peek() {
        Some('{') => {
            cursor.bump();
            let Some(name) = name(cursor).filter(|_| cursor.peek() == Some('}')) else {
                return Err(refuse(place, "of `${…}`", "only the form `${NAME}` is read"));
            };
            cursor.bump();
            value.push_str(earlier(&name, place, script)?);
        }
        Some(c) if is_name(c) && !c.is_ascii_digit() => {
            let name = cursor.take_while(is_name);
            value.push_str(earlier(name, place, script)?);
        }
        Some(c) if c.is_ascii_digit() || "@*#?-$!'\"".contains(c) => {
            return Err(refuse(
                place,
                &format!("`${c}`"),
                "means something only to a running shell",
            ));
        }
        _ => value.push('$'),
    }
    Ok(())
}

/// The environment of whoever imports is not what K-PaaS would have seen.
fn earlier<'s>(name: &str, place: Place, script: &'s Script) -> Result<&'s str, Mistake> {
    let what = format!("`${name}`");
    let Some(assignment) = script.last(name) else {
        return Err(refuse(place, &what, "is not set above in this file: write the value itself"));
    };
    assignment.helps.set(true);
    let value = assignment.value.as_deref();
    value.ok_or_else(|| refuse(place, &what, "was not read above"))
}
