//! What a host in memory remembers.

use super::Fault;
use crate::transport::{Finished, RemoteCommand};
use std::{collections::BTreeMap, fmt};

/// Files by path.
pub type Files = BTreeMap<String, FakeFile>;

/// A file of a host in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its permissions.
    pub mode: u32,
    /// `user:group`, when somebody said so.
    pub owner: Option<String>,
}

/// One thing a host was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logged {
    /// A connection was opened.
    Connected,
    /// A command began.
    Ran {
        /// What messages call it.
        title: String,
        /// The program and its arguments.
        arguments: Vec<String>,
        /// What it was given to read.
        stdin: Vec<u8>,
    },
    /// Bytes of a file came.
    Received {
        /// The file.
        path: String,
        /// How many were there before.
        resumed: u64,
        /// How many came.
        bytes: u64,
    },
    /// A file was read.
    Read {
        /// The file.
        path: String,
    },
}

/// What a scripted host does with a command.
pub(super) type Reply = Box<dyn FnMut(&RemoteCommand, &mut Files) -> Finished + Send>;

pub(super) struct Rule {
    pub(super) text: String,
    pub(super) reply: Reply,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.text)
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) name: String,
    pub(super) files: Files,
    pub(super) rules: Vec<Rule>,
    pub(super) faults: Vec<Fault>,
    pub(super) log: Vec<Logged>,
    pub(super) unfinished: Vec<RemoteCommand>,
    pub(super) commands: usize,
    pub(super) uploads: usize,
}

impl State {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            files: Files::new(),
            rules: Vec::new(),
            faults: Vec::new(),
            log: Vec::new(),
            unfinished: Vec::new(),
            commands: 0,
            uploads: 0,
        }
    }

    /// Notes that a command began.
    pub(super) fn begin(&mut self, command: &RemoteCommand) {
        self.log.push(Logged::Ran {
            title: command.title(),
            arguments: command.arguments().to_vec(),
            stdin: command.input().to_vec(),
        });
    }

    /// Lets a command have its effect.
    pub(super) fn perform(&mut self, command: &RemoteCommand) -> Finished {
        let title = command.title();
        let meant = |rule: &&mut Rule| {
            let words = std::iter::once(&title).chain(command.arguments());
            words.into_iter().any(|word| word.contains(&rule.text))
        };
        let mut rules = self.rules.iter_mut().rev();
        match rules.find(|rule| meant(rule)) {
            Some(rule) => (rule.reply)(command, &mut self.files),
            None => Finished::with(127, &format!("no reply is scripted for `{title}`")),
        }
    }

    /// Takes a fault that is due, if one is.
    pub(super) fn due(&mut self, is_due: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let at = self.faults.iter().position(is_due)?;
        Some(self.faults.remove(at))
    }
}
