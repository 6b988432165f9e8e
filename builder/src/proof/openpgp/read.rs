//! Signatures, read with limits: whoever sends them decides how many there are, and
//! each one costs time.

use super::OpenPgpError;
use pgp::{
    composed::{CleartextSignedMessage, Deserializable, DetachedSignature},
    packet::Signature,
};
use std::io;

/// Signatures of this many bytes are looked at.
const BYTES: usize = 1024 * 1024;

/// This many signatures are looked at. Archives have three at most.
const MOST: usize = 16;

/// A text, and the signatures that were around it.
pub(super) struct Around {
    /// Lines end as they do in what was signed.
    pub(super) signed: String,
    pub(super) signatures: Vec<Signature>,
}

/// The signatures of a file of their own.
pub(super) fn detached(bytes: &[u8]) -> Result<Vec<Signature>, OpenPgpError> {
    few_bytes(bytes)?;
    let signatures: Vec<_> = match DetachedSignature::from_reader_many(io::Cursor::new(bytes)) {
        Ok((all, _)) => all.filter_map(Result::ok).take(MOST + 1).collect(),
        Err(_) => Vec::new(),
    };
    few(signatures.into_iter().map(|one| one.signature).collect())
}

/// Takes a text out of the signatures around it. Text before or behind that is
/// refused.
pub(super) fn around(text: &str) -> Result<Around, OpenPgpError> {
    let (head, body, armour) = parts(text).ok_or(OpenPgpError::NotASignature)?;
    few_bytes(armour.as_bytes())?;
    // The library looks for the end of a text from the beginning after each line of
    // it: a text of many lines would take it hours. It is given an empty one.
    let empty = CleartextSignedMessage::from_string(&format!("{head}{armour}"));
    let (empty, _) = empty.map_err(|_error| OpenPgpError::NotASignature)?;
    match empty.text().is_empty() {
        true => Ok(Around { signed: signed(body), signatures: few(empty.signatures().to_vec())? }),
        false => Err(OpenPgpError::NotASignature),
    }
}

/// What stands up to the first empty line, the lines behind that, and the signatures.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (_, begin) = lines(text).find(|(line, _)| line.trim().is_empty())?;
    let (head, rest) = text.split_at(begin);
    let (line, end) = lines(rest).find(|(line, _)| line.starts_with("-----"))?;
    let (body, armour) = rest.split_at(end - line.len());
    Some((head, body, armour))
}

/// Each line with its end, and where that is.
fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((line, *end))
    })
}

/// The last end of a line belongs to the signature below it, and blanks at the end of
/// a line are not signed.
fn signed(body: &str) -> String {
    let body = body.strip_suffix('\n').unwrap_or(body);
    let lines = body.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = lines.map(|line| line.strip_prefix("- ").unwrap_or(line));
    lines.map(|line| line.trim_end_matches([' ', '\t'])).collect::<Vec<_>>().join("\r\n")
}

fn few(signatures: Vec<Signature>) -> Result<Vec<Signature>, OpenPgpError> {
    match signatures.len() > MOST {
        true => Err(OpenPgpError::TooMuch { what: "signatures", most: MOST }),
        false => Ok(signatures),
    }
}

fn few_bytes(signatures: &[u8]) -> Result<(), OpenPgpError> {
    match signatures.len() > BYTES {
        true => Err(OpenPgpError::TooMuch { what: "bytes of signatures", most: BYTES }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_out_of_its_signature_line_by_line() {
        let text = "-----BEGIN\nHash: X\n\none \t\r\n- -----two\n- - three\n\n-----BEGIN\nx\n";
        let (head, body, armour) = parts(text).unwrap();
        assert_eq!((head, armour), ("-----BEGIN\nHash: X\n\n", "-----BEGIN\nx\n"));
        assert_eq!(signed(body), "one\r\n-----two\r\n- three\r\n");
        assert_eq!(signed(""), "");
        assert!(parts("one\n\ntwo\n").is_none(), "no signature");
    }

    #[test]
    fn more_bytes_of_signatures_than_anybody_makes_are_not_read() {
        let many = vec![0x88; BYTES + 1];
        let told = detached(&many).unwrap_err().to_string();
        assert_eq!(told, "there are more than 1048576 bytes of signatures");
        let around = super::around(&format!("-----B\n\nt\n-----B\n{}", "x".repeat(BYTES)));
        assert!(matches!(around, Err(OpenPgpError::TooMuch { .. })));
    }
}
