//! What a login shell prints before it runs a command: greetings that a start-up
//! file left on standard output. They are no part of any answer.

/// Begins every answer.
const MARK: &str = "bottari: the answer begins";
/// More than this before the mark is dropped on the way.
const LONGEST: usize = 64 * 1024;

/// The line, with the mark printed first; valid in every login shell.
pub(super) fn marked(line: &str) -> String {
    format!("echo '{MARK}'; {line}")
}

/// Swallows everything up to and including the mark.
#[derive(Debug)]
pub(super) struct Preamble(Option<Vec<u8>>);

impl Preamble {
    pub(super) fn new() -> Self {
        Self(Some(Vec::new()))
    }

    /// What of these bytes belongs to the answer.
    pub(super) fn strip<'a>(&'a mut self, bytes: &'a [u8]) -> std::borrow::Cow<'a, [u8]> {
        let Some(held) = &mut self.0 else { return bytes.into() };
        held.extend_from_slice(bytes);
        let mark = [MARK.as_bytes(), b"\n"].concat();
        let found = held.windows(mark.len()).position(|window| window == mark);
        if let Some(at) = found {
            let answer = held.split_off(at + mark.len());
            self.0 = None;
            return answer.into();
        }
        let surplus = held.len().saturating_sub(LONGEST);
        held.drain(..surplus);
        Vec::new().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_follows_the_mark_however_it_is_cut() {
        let text = format!("Welcome!\n{MARK}\nfirst\n{MARK}\nlast").into_bytes();
        for at in 0..text.len() {
            let mut preamble = Preamble::new();
            let mut heard = preamble.strip(&text[..at]).into_owned();
            heard.extend_from_slice(&preamble.strip(&text[at..]));
            assert_eq!(heard, format!("first\n{MARK}\nlast").as_bytes(), "cut at {at}");
        }
    }

    #[test]
    fn a_greeting_without_end_is_not_kept() {
        let mut preamble = Preamble::new();
        for _ in 0..100 {
            assert!(preamble.strip(&vec![b'x'; 10_000]).is_empty());
        }
        assert!(preamble.0.unwrap().len() <= LONGEST);
    }
}
