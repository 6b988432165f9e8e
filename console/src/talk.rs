//! The way to stderr. Lines and bars share it, so a line never tears a bar.

use indicatif::{MultiProgress, ProgressDrawTarget};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A stream of lines for people and logs; clones write to the same place.
#[derive(Clone)]
pub(crate) struct Talk {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    bars: Option<MultiProgress>,
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Talk").field("bars", &self.bars.is_some()).finish_non_exhaustive()
    }
}

impl Talk {
    /// Lines only.
    pub(crate) fn plain(out: Box<dyn Write + Send>) -> Self {
        Self { out: Arc::new(Mutex::new(out)), bars: None }
    }

    /// Lines above bars that are drawn on the same terminal.
    pub(crate) fn above(bars: MultiProgress, out: Box<dyn Write + Send>) -> Self {
        Self { bars: Some(bars), ..Self::plain(out) }
    }

    /// Writes one line, or several when the text holds newlines.
    ///
    /// Nothing is left to tell when stderr itself cannot be written, so a
    /// failure here is passed over in silence.
    pub(crate) fn line(&self, text: &str) {
        self.aside(|| self.write(&format!("{text}\n")));
    }

    /// Writes a question and leaves the cursor behind it. The bars stay away
    /// while `answer` is read.
    pub(crate) fn question<R>(&self, text: &str, answer: impl FnOnce() -> R) -> R {
        self.aside(|| {
            self.write(&format!("{text} "));
            answer()
        })
    }

    /// Does something to the terminal while the bars are out of the way.
    pub(crate) fn aside<R>(&self, work: impl FnOnce() -> R) -> R {
        match &self.bars {
            Some(bars) => bars.suspend(work),
            None => work(),
        }
    }

    fn write(&self, text: &str) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    /// Takes the bars away for good; lines go on.
    pub(crate) fn end_bars(&self) {
        if let Some(bars) = &self.bars {
            // A terminal that is gone needs no clearing.
            let _ = bars.clear();
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
    }
}
