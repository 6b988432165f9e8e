//! Tables for people.

use super::Row;
use crate::{jobs::Results, problem::Result};
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use std::io::{Write, stdout};

/// A time with how far the rounds were apart.
pub(crate) fn seconds(results: &Results, job: &str) -> String {
    match (results.seconds(job), results.slowest(job)) {
        (Some(fast), Some(slow)) if slow < 1.0 => format!("{fast:.3} s (… {slow:.3})"),
        (Some(fast), Some(slow)) => format!("{fast:.2} s (… {slow:.2})"),
        _ => "–".into(),
    }
}

/// The lines with their goals.
pub(crate) fn goals_table(rows: &[Row], others: &str) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header(["job", others, "limit", "ours", "figure", "goal", "met"]);
    for row in rows {
        let number = row.figure.map_or_else(|| "–".into(), |figure| format!("{figure:.2}"));
        let met = row.verdict();
        let figure = format!("{number} {}{}", row.measure, range(&row.rounds));
        let goal = row.goal.text();
        table.add_row([row.job, &row.others, &row.limit, &row.ours, &figure, &goal, &met]);
    }
    format!("{table}\n")
}

/// From the least to the most in the rounds.
fn range(rounds: &[f64]) -> String {
    let least = rounds.iter().copied().min_by(f64::total_cmp);
    let most = rounds.iter().copied().max_by(f64::total_cmp);
    let both = least.zip(most);
    both.map_or_else(String::new, |(least, most)| format!(" ({least:.2} … {most:.2})"))
}

/// Prints a text: what the benchmark is run for.
pub(crate) fn print(text: &str) -> Result<()> {
    Ok(stdout().write_all(text.as_bytes())?)
}
