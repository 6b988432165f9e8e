//! New inputs out of old ones: what goes wrong in files and lines, and what breaks
//! parsers.

use std::ops::Range;

/// Numbers at which things overflow, begin or end.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    7,
    127,
    128,
    255,
    4096,
    1 << 22,
    i32::MAX as u64,
    u32::MAX as u64,
    1 << 33,
    i64::MAX as u64,
    u64::MAX,
];

/// Makes inputs; the same ones in each run.
#[derive(Debug)]
pub(super) struct Mutator<'a> {
    state: u64,
    words: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    pub(super) fn new(words: &'a [Vec<u8>]) -> Self {
        Self { state: 0x9e37_79b9_7f4a_7c15, words }
    }

    /// An input of the pool with a few changes.
    pub(super) fn next(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let mut input = pool.get(self.below(pool.len())).cloned().unwrap_or_default();
        for _ in 0..=self.below(4) {
            input = self.change(input, pool);
        }
        input
    }

    /// A number by xorshift: chance has to be cheap and repeatable, and no more.
    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    /// A number below `end`; 0 when there is none.
    fn below(&mut self, end: usize) -> usize {
        let number = self.random() >> 11;
        usize::try_from(number % (end as u64).max(1)).expect("below a length")
    }

    /// A part of so many bytes; mostly a short one.
    fn part(&mut self, len: usize) -> Range<usize> {
        let start = self.below(len + 1);
        let longest = 1 << self.below(12);
        start..(start + self.below(longest) + 1).min(len)
    }

    fn change(&mut self, mut input: Vec<u8>, pool: &[Vec<u8>]) -> Vec<u8> {
        let part = self.part(input.len());
        match self.below(10) {
            0 => {
                let bit = 1 << self.below(8);
                input.get_mut(part.start).into_iter().for_each(|byte| *byte ^= bit);
            }
            1 => drop(input.drain(part)),
            2 => {
                let again = input[part.clone()].to_vec();
                input.splice(part.end..part.end, again);
            }
            3 => {
                let noise: Vec<u8> = part.clone().map(|_| self.random().to_le_bytes()[0]).collect();
                input.splice(part, noise);
            }
            4 => input.truncate(part.start),
            5 => drop(input.splice(part.start..part.start, self.word())),
            6 => self.number(&mut input, part.start),
            7 => self.digits(&mut input, part.start),
            8 => {
                let to = self.below(input.len() - part.len() + 1);
                input.copy_within(part, to);
            }
            _ => {
                let other = pool.get(self.below(pool.len())).cloned().unwrap_or_default();
                let from = self.part(other.len());
                input.splice(part, other[from].to_vec());
            }
        }
        input
    }

    fn word(&mut self) -> Vec<u8> {
        self.words.get(self.below(self.words.len())).cloned().unwrap_or_default()
    }

    /// Writes a number over what is there, in as many bytes as a field may have.
    fn number(&mut self, input: &mut [u8], at: usize) {
        let number = NUMBERS[self.below(NUMBERS.len())].to_le_bytes();
        let len = [1, 2, 4, 8][self.below(4)].min(input.len() - at);
        input[at..at + len].copy_from_slice(&number[..len]);
    }

    /// Replaces the next digits by another number.
    fn digits(&mut self, input: &mut Vec<u8>, at: usize) {
        let Some(start) = input[at..].iter().position(u8::is_ascii_digit) else { return };
        let start = at + start;
        let len = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = NUMBERS[self.below(NUMBERS.len())].to_string();
        input.splice(start..start + len, number.into_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_the_same_in_each_run_and_all_kinds_of_changes_happen() {
        let pool = [b"a line with 12 digits".to_vec(), Vec::new()];
        let words = [b"word".to_vec()];
        let many = || {
            let mut mutator = Mutator::new(&words);
            (0..2000).map(|_| mutator.next(&pool)).collect::<Vec<_>>()
        };
        let inputs = many();
        assert!(inputs == many());
        let any = |found: fn(&[u8]) -> bool| inputs.iter().any(|input| found(input));
        assert!(any(<[u8]>::is_empty) && any(|input| input.len() > 40));
        assert!(any(|input| input.windows(4).any(|window| window == b"word")));
        assert!(any(|input| String::from_utf8_lossy(input).contains("18446744073709551615")));
    }
}
