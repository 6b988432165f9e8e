//! Streams and errors for the tests of this crate.

use crate::color::Paint;
use clap::ColorChoice;
use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget, TermLike};
use manifests::{ExitCode, Failure};
use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Keeps what is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn stream(&self) -> Box<dyn Write + Send> {
        Box::new(self.clone())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A terminal in memory with bars on it.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    pub(crate) memory: InMemoryTerm,
    pub(crate) screen: MultiProgress,
}

impl Terminal {
    pub(crate) const COLUMNS: u16 = 80;

    pub(crate) fn new() -> Self {
        let memory = InMemoryTerm::new(24, Self::COLUMNS);
        let target = ProgressDrawTarget::term_like(Box::new(memory.clone()));
        Self { memory, screen: MultiProgress::with_draw_target(target) }
    }

    /// The same terminal for lines.
    pub(crate) fn stream(&self) -> Box<dyn Write + Send> {
        Box::new(self.clone())
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
        self.memory.write_str(&text)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// No colour, whatever the machine that runs the tests says.
pub(crate) fn plain() -> Paint {
    Paint::decide(ColorChoice::Never, false, &|_| None)
}

/// An error with a cause below it.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) text: &'static str,
    pub(crate) hint: Option<&'static str>,
    pub(crate) cause: Option<Box<Trouble>>,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}

impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Failure for Trouble {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Untrusted
    }

    fn hint(&self) -> Option<String> {
        self.hint.map(str::to_owned)
    }
}

/// A chain of errors, the outermost first.
pub(crate) fn trouble(texts: &[&'static str], hint: Option<&'static str>) -> Trouble {
    let (text, below) = texts.split_first().unwrap();
    let cause = (!below.is_empty()).then(|| Box::new(trouble(below, None)));
    Trouble { text, hint, cause }
}
