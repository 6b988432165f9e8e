//! The lines about how fast `serve` is.

use super::{Goal, Row, bundle::mega, bundle::memory_row};
use crate::{jobs::Results, measure::Sample};

/// All lines.
pub(crate) fn serve_rows(results: &Results) -> Vec<Row> {
    let row = |name, ours, theirs, goal| {
        let (our_speed, their_speed) = (speed(results, ours), speed(results, theirs));
        let figure = our_speed.zip(their_speed).map(|(ours, theirs)| ours / theirs);
        let measure = ("ours ÷ theirs", figure);
        let row = Row::new(name, shown(our_speed), measure, Goal::AtLeast(goal));
        // The same bytes, so the ratio of speeds is the other way round.
        row.in_rounds(results.ratios(theirs, ours)).against(shown(their_speed), String::new())
    };
    let errors = |job| results.most(job, |it: &Sample| it.errors);
    let ours = errors("64 clients");
    let figure = ours.and_then(|errors| u32::try_from(errors).ok()).map(f64::from);
    let text = |errors: Option<u64>| errors.map_or_else(String::new, |errors| errors.to_string());
    let failed = Row::new("64 clients, errors", text(ours), ("errors", figure), Goal::AtMost(0.0));
    vec![
        row("one blob, HTTP (nginx)", "one blob, HTTP", "nginx: one blob, HTTP", 0.7),
        row("one blob, HTTPS (nginx)", "one blob, HTTPS", "nginx: one blob, HTTPS", 0.7),
        row("64 clients (docker-registry)", "64 clients", "docker-registry: 64 clients", 1.5),
        failed.against(text(errors("docker-registry: 64 clients")), String::new()),
        memory_row(results, ("peak memory with 64 clients", "64 clients", "")),
    ]
}

/// MB a second in the fastest round.
fn speed(results: &Results, job: &str) -> Option<f64> {
    let bytes = results.most(job, |it| it.fetched)?;
    Some(mega(bytes) / results.seconds(job)?)
}

fn shown(speed: Option<f64>) -> String {
    speed.map_or_else(String::new, |speed| format!("{speed:.0} MB/s"))
}
