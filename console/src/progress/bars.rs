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
    layout: Layout,
    state: Mutex<State>,
}

/// How a transfer's line is shared out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    name_columns: usize,
    bar_columns: usize,
}

impl Layout {
    /// The longest `1023.9 MiB of 1023.9 MiB`, with brackets and blanks.
    const FIXED: usize = 30;

    /// On a narrow terminal the numbers stay and the bar goes.
    fn of(columns: u16) -> Self {
        let room = usize::from(columns).saturating_sub(Self::FIXED);
        let bar_columns = if room < 40 { 0 } else { 20 };
        Self { name_columns: (room - bar_columns).clamp(12, 48), bar_columns }
    }

    fn bar_for(self, item: &Running) -> ProgressBar {
        let name = text::fit(&item.name, self.name_columns);
        let bar = match (item.bytes, self.bar_columns) {
            (Some(bytes), 1..) => {
                let template = format!("  {{prefix}} [{{bar:{}}}] {{msg}}", self.bar_columns);
                ProgressBar::new(bytes).with_style(style(&template))
            }
            _ => ProgressBar::no_length().with_style(style("  {prefix} {msg}")),
        };
        bar.with_prefix(name)
    }
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
        Self { talk, paint, clock, layout: Layout::of(columns), state: Mutex::new(state) }
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
            state.draw(self.layout, now);
        }
        if let Some(line) = line {
            self.talk.line(&line);
        }
    }
}

impl State {
    fn draw(&mut self, layout: Layout, now: Duration) {
        self.last_draw = now;
        self.draw_total(now);
        self.add_bars(layout);
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
    fn add_bars(&mut self, layout: Layout) {
        let room = VISIBLE.saturating_sub(self.visible.len());
        let waiting = self.tally.running().filter(|(id, _)| !self.visible.contains_key(id));
        let added: Vec<_> =
            waiting.take(room).map(|(id, item)| (id, layout.bar_for(item))).collect();
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("our own templates are well formed")
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::clock::FakeClock;
    use crate::testing::{Terminal, plain};
    use manifests::event::{Outcome, Transfer};

    const MIB: u64 = 1 << 20;

    fn bars() -> (Bars, Terminal, FakeClock) {
        let (terminal, time) = (Terminal::new(), FakeClock::default());
        let talk = Talk::above(terminal.screen.clone(), terminal.stream());
        let screen = terminal.screen.clone();
        (Bars::new(screen, Terminal::COLUMNS, talk, plain(), time.clock()), terminal, time)
    }

    fn begin(bars: &Bars, items: u64, bytes: Option<u64>) {
        bars.report(&Event::PhaseStarted { title: "fetching".into(), items, bytes });
    }

    #[test]
    fn bars_show_each_transfer_and_the_whole_and_leave_one_line() {
        let (bars, terminal, time) = bars();
        begin(&bars, 3, Some(100 * MIB));
        let long = "registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.3";
        let image = Transfer::start(&bars, long, Some(40 * MIB));
        let chart = Transfer::start(&bars, "예제-차트.tgz", None);
        time.pass(1000);
        image.advance(20 * MIB);
        time.pass(1000);
        chart.advance(MIB);
        insta::assert_snapshot!(terminal.memory.contents(), @"
          registry.k8…ook-certgen:v1.6.3 [==========>         ] 20.0 MiB of 40.0 MiB
          예제-차트.tgz                  1.0 MiB
        fetching: 0 of 3 items, 21.0 MiB of 100.0 MiB, 10.5 MiB/s, 8 s left
        ");

        bars.report(&Event::Warning { text: "the mirror is slow".into() });
        image.advance(20 * MIB);
        image.finish(Outcome::Done);
        insta::assert_snapshot!(terminal.memory.contents(), @"
        warning: the mirror is slow
          예제-차트.tgz                  1.0 MiB
        fetching: 1 of 3 items, 41.0 MiB of 100.0 MiB, 20.5 MiB/s, 3 s left
        ");

        chart.finish(Outcome::Done);
        bars.report(&Event::PhaseFinished { title: "fetching".into() });
        insta::assert_snapshot!(terminal.memory.contents(), @"
        warning: the mirror is slow
        fetched 2 items, 41.0 MiB in 2.0 s
        ");
    }

    #[test]
    fn transfers_without_room_are_counted_until_they_have_some() {
        let (bars, terminal, _) = bars();
        begin(&bars, 10, None);
        let mut all: Vec<_> =
            (0..10).map(|n| Transfer::start(&bars, &format!("item-{n}"), Some(1))).collect();
        let before = terminal.memory.contents();
        assert!(before.contains("item-7") && !before.contains("item-8"), "{before}");
        assert!(before.contains("and 2 more"), "{before}");

        all.remove(3).finish(Outcome::Done);
        let after = terminal.memory.contents();
        assert!(after.contains("item-8") && !after.contains("item-3"), "{after}");
        assert!(after.contains("1 of 10 items") && after.contains("and 1 more"), "{after}");
        let last = after.lines().last().unwrap();
        assert!(last.starts_with("fetching:"), "the whole stands last: {after}");
    }

    #[test]
    fn a_transfer_fits_its_terminal_or_does_without_a_bar() {
        let item = |bytes| Running { name: "보따리".repeat(30), bytes, moved: 0 };
        for columns in [45, 60, 69, 70, 80, 100, 300] {
            let layout = Layout::of(columns);
            let bar = layout.bar_for(&item(Some(1)));
            let fixed = if layout.bar_columns > 0 { 6 } else { 3 };
            let line = text::width(&bar.prefix()) + layout.bar_columns + fixed;
            assert!(line + "1023.9 MiB of 1023.9 MiB".len() <= columns.into(), "{columns}");
            assert_eq!(layout.bar_columns > 0, columns >= 70);
        }
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let (bars, terminal, _) = bars();
        begin(&bars, 1, None);
        let _hostile = Transfer::start(&bars, "a\u{1b}[2Jb\nc", Some(1));
        let shown = terminal.memory.contents();
        assert!(shown.contains("a\\u{1b}[2Jb\\nc"), "{shown}");
    }
}
