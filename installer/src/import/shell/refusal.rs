//! Why a line is not read.

use manifests::cluster::{Mistake, Place};

/// Every refusal says what it is about and what a shell would do there.
pub(super) fn refuse(place: Place, what: &str, reason: &str) -> Mistake {
    Mistake { place, message: format!("{what} {reason}") }
}

/// A word where `NAME=value` belongs.
pub(super) fn command(place: Place, word: &str, rest: &str) -> Mistake {
    let reason = match word {
        "source" | "." => "would run another file: import that file too, or copy its lines".into(),
        "if" | "for" | "while" | "until" | "case" | "function" | "then" | "do" | "done" | "fi"
        | "else" | "esac" | "{" | "}" | "[" | "[[" | "((" | "(" | "eval" => {
            "belongs to a program, and nothing is run here: only `NAME=value` is read".into()
        }
        _ => {
            format!("would be run as a command: only `NAME=value` is read{}", without_blanks(rest))
        }
    };
    refuse(place, &format!("`{}`", shortened(word)), &reason)
}

/// `NAME = value` is the usual slip.
fn without_blanks(rest: &str) -> &'static str {
    let rest = rest.trim_start_matches(|c: char| !super::cursor::is_blank(c)).trim_start();
    if rest.starts_with('=') { "; write it without blanks around `=`" } else { "" }
}

fn shortened(word: &str) -> String {
    match word.chars().count() > 40 {
        true => word.chars().take(39).chain(['…']).collect(),
        false => word.to_owned(),
    }
}

/// The line that ends the text which begins after this one: `cat <<EOF > file`.
pub(super) fn here_document(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<<")?;
    let rest = rest.trim_start_matches('-').trim_start().trim_start_matches(['"', '\'', '\\']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let word = rest.get(..end).filter(|word| !word.is_empty())?;
    Some(word.to_owned())
}
