//! Keeps the end of what a command says, and passes it on line by line.

use super::{
    Secret,
    finished::{Captured, Finished},
    secret::redact,
};
use std::{fmt::Debug, sync::Arc};

/// A line longer than this is passed on in pieces.
const LONGEST_LINE: usize = 8 * 1024;

/// Which of the two output streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Hears a command's output line by line while it runs.
pub trait LineSink: Send + Sync + Debug {
    /// Takes one line, without its end, with secrets already masked.
    fn line(&self, stream: Stream, line: &str);
}

/// Listens to both streams of one command.
#[derive(Debug)]
pub(crate) struct Ears {
    keep: usize,
    sink: Option<Arc<dyn LineSink>>,
    secrets: Vec<Secret>,
    streams: [Captured; 2],
    lines: [Vec<u8>; 2],
}

impl Ears {
    pub(crate) fn new(keep: usize, sink: Option<Arc<dyn LineSink>>, secrets: Vec<Secret>) -> Self {
        Self { keep, sink, secrets, streams: Default::default(), lines: Default::default() }
    }

    /// Takes bytes as they come.
    pub(crate) fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        self.streams[stream as usize].push(bytes, self.keep);
        let Some(sink) = &self.sink else { return };
        let line = &mut self.lines[stream as usize];
        for byte in bytes {
            match byte {
                b'\n' => pass(sink.as_ref(), stream, line, &self.secrets),
                byte => line.push(*byte),
            }
            if line.len() >= LONGEST_LINE {
                pass(sink.as_ref(), stream, line, &self.secrets);
            }
        }
    }

    /// The command is over: passes on what had no line end.
    pub(crate) fn finish(mut self, status: i32) -> Finished {
        for (line, stream) in self.lines.iter_mut().zip([Stream::Stdout, Stream::Stderr]) {
            if let (Some(sink), false) = (&self.sink, line.is_empty()) {
                pass(sink.as_ref(), stream, line, &self.secrets);
            }
        }
        self.streams.iter_mut().for_each(|stream| stream.trim(self.keep));
        let [stdout, stderr] = self.streams;
        Finished { status, stdout, stderr, secrets: self.secrets }
    }
}

fn pass(sink: &dyn LineSink, stream: Stream, line: &mut Vec<u8>, secrets: &[Secret]) {
    let text = String::from_utf8_lossy(line);
    sink.line(stream, &redact(text.trim_end_matches('\r'), secrets));
    line.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Lines(Mutex<Vec<String>>);

    impl LineSink for Lines {
        fn line(&self, stream: Stream, line: &str) {
            self.0.lock().unwrap().push(format!("{stream:?} {line}"));
        }
    }

    #[test]
    fn the_end_of_a_long_output_is_kept_and_the_rest_counted() {
        let mut ears = Ears::new(10, None, Vec::new());
        for _ in 0..7 {
            ears.hear(Stream::Stdout, b"0123456");
        }
        let finished = ears.finish(0);
        assert_eq!(finished.stdout.bytes, b"4560123456");
        assert_eq!(finished.stdout.dropped_bytes, 39);
        assert_eq!(finished.stderr, Captured::default());
    }

    #[test]
    fn lines_are_passed_on_whole_and_without_secrets() {
        let lines = Arc::new(Lines::default());
        let mut ears = Ears::new(99, Some(lines.clone()), vec![Secret::new("hunter2")]);
        ears.hear(Stream::Stdout, b"one\r\ntoken hun");
        ears.hear(Stream::Stderr, b"oops");
        ears.hear(Stream::Stdout, b"ter2\n\nlast");
        ears.finish(0);
        let heard = lines.0.lock().unwrap().clone();
        let expected =
            ["Stdout one", "Stdout token [secret]", "Stdout ", "Stdout last", "Stderr oops"];
        assert_eq!(heard, expected);
    }

    #[test]
    fn a_line_without_end_is_passed_on_in_pieces() {
        let lines = Arc::new(Lines::default());
        let mut ears = Ears::new(10, Some(lines.clone()), Vec::new());
        ears.hear(Stream::Stdout, &vec![b'x'; 20_000]);
        ears.finish(0);
        assert_eq!(lines.0.lock().unwrap().len(), 3);
    }
}
