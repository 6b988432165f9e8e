//! Readers of the event stream: bars for people at a terminal, lines for logs,
//! JSON for programs. All keep the same books ([`tally`]) and use the same words.

mod bars;
mod clock;
mod json;
mod lines;
mod phase;
mod quiet;
mod rate;
mod tally;
mod words;

pub(crate) use bars::Bars;
pub(crate) use clock::Clock;
pub(crate) use json::JsonLines;
pub(crate) use lines::Lines;
pub(crate) use quiet::WarningsOnly;
