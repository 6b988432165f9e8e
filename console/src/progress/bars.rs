//! Bars for people at a terminal: one per running transfer while there is room,
//! and below them one line for the whole. All are gone when the work is done.

use super::Clock;
use super::phase::{Phase, Running, bytes_standing};
use super::tally::Tally;
use super::words;
use crate::color::Paint;
use crate::talk::Talk;
use crate::text;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use manifests::event::{Event, Reporter};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// More bars than this push the story off the screen; the rest is counted.
const VISIBLE: usize = 8;
/// Formatting costs more than moving a small piece; the eye needs no more.
const BETWEEN_DRAWS: Duration = Duration::from_millis(100);

/// The reader that draws bars.
#[derive(Debug)]
pub(crate) struct Bars {
    talk: Talk,
    paint: Paint,
    clock: Clock,
    name_columns: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tally: Tally,
    screen: MultiProgress,
    visible: BTreeMap<u64, ProgressBar>,
    /// The line for the whole, while anything runs.
    total: Option<ProgressBar>,
    last_draw: Duration,
}

impl Bars {
    /// Draws on `screen`, which is `columns` wide; `talk` must be above it.
    pub(crate) fn new(
        screen: MultiProgress,
        columns: u16,
        talk: Talk,
        paint: Paint,
        clock: Clock,
    ) -> Self {
        let state = State {
            tally: Tally::default(),
            screen,
            visible: BTreeMap::new(),
            total: None,
            last_draw: Duration::ZERO,
        };
        let name_columns = (usize::from(columns) / 2).clamp(12, 48);
        Self { talk, paint, clock, name_columns, state: Mutex::new(state) }
    }

    fn take(&self, event: &Event, state: &mut State, now: Duration) -> Option<String> {
        match event {
            Event::PhaseStarted { title, items, bytes } => {
                state.tally.begin(Phase::new(title, *items, *bytes, now));
            }
            Event::PhaseFinished { title } => return state.tally.end(title, now),
            Event::TransferStarted { id, name, bytes } => state.tally.start(*id, name, *bytes),
            Event::TransferAdvanced { id, bytes } => state.tally.advance(*id, *bytes, now),
            Event::TransferFinished { id, outcome } => {
                state.tally.finish(*id, *outcome);
                state.remove_bar(*id);
            }
            spoken => return words::spoken(spoken, self.paint),
        }
        None
    }
}

impl Reporter for Bars {
    fn report(&self, event: &Event) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = self.take(event, &mut state, now);
        let only_moved = matches!(event, Event::TransferAdvanced { .. });
        if !only_moved || now.saturating_sub(state.last_draw) >= BETWEEN_DRAWS {
            state.draw(self.name_columns, now);
        }
        if let Some(line) = line {
            self.talk.line(&line);
        }
    }
}

impl State {
    fn draw(&mut self, name_columns: usize, now: Duration) {
        self.last_draw = now;
        self.draw_total(now);
        self.add_bars(name_columns);
        for (id, item) in self.tally.running() {
            if let Some(bar) = self.visible.get(&id) {
                bar.set_position(item.moved);
                bar.set_message(bytes_standing(item.moved, item.bytes).unwrap_or_default());
            }
        }
    }

    fn draw_total(&mut self, now: Duration) {
        let hidden = self.tally.running().count().saturating_sub(VISIBLE);
        let more = if hidden > 0 { format!(" (and {hidden} more)") } else { String::new() };
        match self.tally.standing(now) {
            Some(standing) => {
                let total = self.total.get_or_insert_with(|| add_total(&self.screen));
                total.set_message(standing + &more);
            }
            None => self.total.take().into_iter().for_each(|total| take_away(&self.screen, &total)),
        }
    }

    /// Gives a bar to the oldest transfers that have none, while there is room.
    fn add_bars(&mut self, name_columns: usize) {
        let room = VISIBLE.saturating_sub(self.visible.len());
        let waiting = self.tally.running().filter(|(id, _)| !self.visible.contains_key(id));
        let added: Vec<_> =
            waiting.take(room).map(|(id, item)| (id, bar_for(item, name_columns))).collect();
        for (id, bar) in added {
            let bar = match &self.total {
                Some(total) => self.screen.insert_before(total, bar),
                None => self.screen.add(bar),
            };
            self.visible.insert(id, bar);
        }
    }

    fn remove_bar(&mut self, id: u64) {
        if let Some(bar) = self.visible.remove(&id) {
            take_away(&self.screen, &bar);
        }
    }
}

fn take_away(screen: &MultiProgress, bar: &ProgressBar) {
    bar.finish_and_clear();
    screen.remove(bar);
}

fn add_total(screen: &MultiProgress) -> ProgressBar {
    let total = ProgressBar::no_length().with_style(style("{wide_msg}"));
    screen.add(total)
}

fn bar_for(item: &Running, name_columns: usize) -> ProgressBar {
    let bar = match item.bytes {
        Some(bytes) => ProgressBar::new(bytes).with_style(style("  {prefix} [{bar:20}] {msg}")),
        None => ProgressBar::no_length().with_style(style("  {prefix} {msg}")),
    };
    bar.with_prefix(text::fit(&item.name, name_columns))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("our own templates are well formed")
        .progress_chars("=> ")
}
