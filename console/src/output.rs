//! The console: where results go, where talk goes, and in which form.

use crate::color::{Paint, is_dumb};
use crate::flags::OutputFlags;
use crate::progress::{Bars, Clock, JsonLines, Lines, WarningsOnly};
use crate::table::Table;
use crate::talk::Talk;
use crate::{errors, text};
use indicatif::{MultiProgress, ProgressDrawTarget};
use manifests::event::{Event, Reporter};
use manifests::{ExitCode, Failure};
use serde::Serialize;
use std::io::{BufRead, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Speaks for a program. Clones speak through the same streams.
#[derive(Debug, Clone)]
pub struct Console {
    json: bool,
    quiet: bool,
    paint: Paint,
    talk: Talk,
    reporter: Arc<dyn Reporter>,
    data: Arc<Mutex<Data>>,
    /// The width of stdout when it is a terminal.
    columns: Option<u16>,
}

/// The way to stdout.
struct Data {
    out: Box<dyn Write + Send>,
    /// Set when the reader went away; what it does not read needs no writing.
    closed: bool,
    /// Set when data could not be written for any other reason.
    lost: bool,
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data")
            .field("closed", &self.closed)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

/// What a console is made of, so that tests can hand in their own.
pub(crate) struct Parts {
    pub(crate) stdout: Box<dyn Write + Send>,
    pub(crate) stderr: Box<dyn Write + Send>,
    /// Where bars go and how wide it is; without it there are lines.
    pub(crate) screen: Option<(MultiProgress, u16)>,
    pub(crate) columns: Option<u16>,
    pub(crate) paint: Paint,
    pub(crate) clock: Clock,
}

impl Console {
    /// A console on this process's stdout and stderr.
    pub fn new(flags: &OutputFlags) -> Self {
        let env = |name: &str| std::env::var_os(name);
        let is_terminal = std::io::stderr().is_terminal();
        let draws = is_terminal && !is_dumb(&env) && !flags.json && !flags.quiet;
        let parts = Parts {
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
            screen: draws.then(|| (screen(), width_of(std::io::stderr()).unwrap_or(80))),
            columns: width_of(std::io::stdout()),
            paint: Paint::decide(flags.color, is_terminal, &env),
            clock: Clock::system(),
        };
        Self::from_parts(*flags, parts)
    }

    pub(crate) fn from_parts(flags: OutputFlags, parts: Parts) -> Self {
        let Parts { stdout, stderr, screen, columns, paint, clock } = parts;
        let talk = match &screen {
            Some((screen, _)) => Talk::above(screen.clone(), stderr),
            None => Talk::plain(stderr),
        };
        let reader: Arc<dyn Reporter> = match screen {
            _ if flags.json => Arc::new(JsonLines::new(talk.clone(), clock)),
            Some((screen, width)) => Arc::new(Bars::new(screen, width, talk.clone(), paint, clock)),
            None => Arc::new(Lines::new(talk.clone(), paint, clock)),
        };
        let reporter = if flags.quiet { Arc::new(WarningsOnly(reader)) } else { reader };
        let data = Arc::new(Mutex::new(Data { out: stdout, closed: false, lost: false }));
        Self { json: flags.json, quiet: flags.quiet, paint, talk, reporter, data, columns }
    }

    /// The reader of events that fits: bars at a terminal, plain lines
    /// elsewhere, JSON lines with `--json`, only warnings with `--quiet`.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::clone(&self.reporter)
    }

    /// Whether the user asked for JSON.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    /// Writes to stdout, byte by byte as given. A reader that went away
    /// (`| head`) is no error; any other loss is told by [`Self::finish`].
    pub fn data(&self, text: &str) {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let error = self.talk.aside(|| data.write(text)).err();
        drop(data);
        if let Some(error) = error {
            self.warn(&format!("cannot write to stdout: {error}"));
        }
    }

    /// Writes a value to stdout as indented JSON that ends in a newline.
    pub fn json<T: Serialize>(&self, value: &T) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.data(&(text + "\n")),
            Err(error) => {
                self.data.lock().unwrap_or_else(PoisonError::into_inner).lost = true;
                self.warn(&format!("cannot express the result as JSON: {error}"));
            }
        }
    }

    /// Tells programs of something that has no event of its own: one JSON object
    /// on stderr with `--json`, and nothing without it.
    pub fn json_event<T: Serialize>(&self, event: &T) {
        if !self.json || self.quiet {
            return;
        }
        match serde_json::to_string(event) {
            Ok(line) => self.talk.line(&line),
            Err(error) => self.warn(&format!("cannot express an event as JSON: {error}")),
        }
    }

    /// Writes a table to stdout, as wide as the terminal or else unwrapped.
    pub fn table(&self, table: &Table) {
        self.data(&table.render(self.columns));
    }

    /// How many columns stdout has, when it is a terminal.
    pub fn columns(&self) -> Option<u16> {
        self.columns
    }

    /// Says something that needs no action.
    pub fn note(&self, text: &str) {
        self.reporter.report(&Event::Notice { text: text.to_owned() });
    }

    /// Says something to act on or to acknowledge; also with `--quiet`.
    pub fn warn(&self, text: &str) {
        self.reporter.report(&Event::Warning { text: text.to_owned() });
    }

    /// Says that what was asked for is done.
    pub fn success(&self, text: &str) {
        if self.json || self.quiet {
            self.note(text);
        } else {
            self.talk.line(&self.paint.success(&text::printable(text)));
        }
    }

    /// Asks a question on stderr and gives the answer, one line of stdin without
    /// its ending. No answer at all is [`ErrorKind::UnexpectedEof`].
    pub fn ask(&self, question: &str) -> std::io::Result<String> {
        self.ask_from(&mut std::io::stdin().lock(), question)
    }

    /// Asks for a secret, which is not shown while it is typed. Needs a
    /// terminal: a secret from a pipe would be a secret in some shell history.
    pub fn ask_secret(&self, question: &str) -> std::io::Result<String> {
        self.talk.question(&text::printable(question), rpassword::read_password)
    }

    pub(crate) fn ask_from(
        &self,
        stdin: &mut dyn BufRead,
        question: &str,
    ) -> std::io::Result<String> {
        let mut line = String::new();
        let read = || stdin.read_line(&mut line);
        if self.talk.question(&text::printable(question), read)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Says why the job ends, with the causes and the next thing to type, and
    /// gives the code to end with. Bars that still stand are taken away.
    pub fn failure(&self, error: &dyn Failure) -> ExitCode {
        self.talk.end_bars();
        let text = if self.json {
            errors::as_json(error).to_string()
        } else {
            errors::as_text(error, self.paint)
        };
        self.talk.line(&text);
        error.exit_code()
    }

    /// The last word: takes away what bars are left and gives the code to end
    /// with, which is not a success when data was lost on its way to stdout.
    pub fn finish(&self, code: ExitCode) -> ExitCode {
        self.talk.end_bars();
        let lost = self.data.lock().unwrap_or_else(PoisonError::into_inner).lost;
        match code {
            ExitCode::Done | ExitCode::Warnings if lost => ExitCode::Step,
            code => code,
        }
    }
}

impl Data {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => {
                self.lost = true;
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }
}

fn screen() -> MultiProgress {
    MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10))
}

fn width_of(stream: impl std::os::fd::AsFd) -> Option<u16> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| width.0)
}
