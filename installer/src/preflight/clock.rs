//! Do the clocks agree? Certificates and etcd need them to.

use super::verdict::{State, Verdict, View};

/// The most that two hosts may differ by, in milliseconds.
const MOST_MS: u64 = 5000;

pub(super) fn clock(view: View<'_>) -> Verdict {
    let expected = format!("at most {} s between any two hosts", MOST_MS / 1000);
    let Some(clock) = view.facts.clock else { return Verdict::unknown(expected) };
    // Only what is certain counts: a slow line is no wrong clock.
    let distance = |other: &crate::facts::Clock| {
        let apart = clock.ahead_ms.abs_diff(other.ahead_ms);
        apart.saturating_sub(clock.uncertainty_ms + other.uncertainty_ms)
    };
    let others = view.others().filter_map(|(host, facts)| Some((host, facts.clock?)));
    let worst = others.max_by_key(|(_, other)| distance(other));
    if let Some((host, other)) = worst
        && distance(&other) > MOST_MS
    {
        let direction = if clock.ahead_ms > other.ahead_ms { "ahead of" } else { "behind" };
        let found = format!("{} {direction} `{}`", seconds(distance(&other)), host.name);
        let fix =
            "let the hosts follow one time source inside the site (chrony or systemd-timesyncd)";
        return Verdict::bad(State::Failed, found, expected, fix);
    }
    if clock.ahead_ms.unsigned_abs() > MOST_MS + clock.uncertainty_ms {
        let direction = if clock.ahead_ms > 0 { "ahead of" } else { "behind" };
        let found = format!("{} {direction} this machine", seconds(clock.ahead_ms.unsigned_abs()));
        let fix = "check which clock is right: certificates made here must be valid there";
        return Verdict::bad(State::Warning, found, expected, fix);
    }
    match view.facts.time_synchronized {
        Some(true) => Verdict::ok("follows a time source"),
        _ => Verdict::ok("agrees now; follows no time source that systemd knows"),
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
