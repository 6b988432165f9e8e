//! From what apt says to what it would do. Pure.

use super::{Change, Simulation};
use crate::{facts::Answer, plan::PackageName};
use std::{collections::BTreeSet, iter::Peekable, str::FromStr};

const UNMET: &str = "The following packages have unmet dependencies:";
const DOWNGRADED: &str = "The following packages will be DOWNGRADED:";
/// What apt calls the one that wants.
const WANTED: &str = "satisfy:command-line";

/// Reads what [`super::look()`]'s script printed; `None` when it is not whole or
/// apt says what it never says.
pub(super) fn simulation(text: &str) -> Option<Simulation> {
    let answer = Answer::read(text)?;
    let status: i32 = answer.number("status")?;
    let said = answer.lines("apt");
    let mut found = Simulation::default();
    for words in answer.words("states") {
        state(&mut found, &words)?;
    }
    found.busy = !answer.lines("locks").is_empty();
    let older = downgraded(said);
    for line in said {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Inst") => sort(&mut found, change(line)?, &older),
            Some("Remv") => found.remove.push(words.next()?.to_owned()),
            _ => {}
        }
    }
    found.broken = unmet(answer.lines("broken"), &found.held);
    found.broken.iter_mut().for_each(|clause| clause.truncate(need(clause).len()));
    found.unmet = unmet(said, &found.held);
    found.unmet.retain(|clause| !found.broken.iter().any(|known| known == need(clause)));
    if status != 0 && found.unmet.is_empty() {
        found.failed = Some(errors(said));
    }
    Some(found)
}

/// `NAME WISH FLAG STATE` of dpkg.
fn state(found: &mut Simulation, words: &[&str]) -> Option<()> {
    let [package, wish, flag, state] = *words else { return None };
    let text = || package.to_owned();
    match state {
        // What has no plain name is none of ours.
        "config-files" => found.settings_only.extend(name(package)),
        "half-installed" | "unpacked" | "half-configured" => found.half_done.push(text()),
        _ if flag != "ok" => found.half_done.push(text()),
        "not-installed" => {}
        _ if wish == "hold" => found.held.push(text()),
        _ => {}
    }
    Some(())
}

/// `Inst NAME [FROM] (TO REPOSITORY [ARCH])`; the version before is left out of
/// what is new.
fn change(line: &str) -> Option<Change> {
    let (package, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
    let (before, after) = rest.split_once('(')?;
    let from = before.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    Some(Change {
        name: name(package)?,
        from: from.map(FromStr::from_str).transpose().ok()?,
        to: after.split_whitespace().next()?.parse().ok()?,
    })
}

fn sort(found: &mut Simulation, change: Change, older: &BTreeSet<PackageName>) {
    let list = match &change.from {
        None => &mut found.install,
        Some(_) if older.contains(&change.name) => &mut found.downgrade,
        Some(_) => &mut found.upgrade,
    };
    list.push(change);
}

/// The names below a headline: lines that begin with a blank.
fn downgraded(said: &[String]) -> BTreeSet<PackageName> {
    let below = said.iter().skip_while(|line| *line != DOWNGRADED).skip(1);
    let below = below.take_while(|line| line.starts_with(' '));
    below.flat_map(|line| line.split_whitespace()).filter_map(name).collect()
}

/// Without the architecture, which apt adds to those of others.
fn name(text: &str) -> Option<PackageName> {
    text.split(':').next()?.parse().ok()
}

/// ` PACKAGE : Depends: SOMETHING but REASON`; more of the same package follow
/// without its name, more alternatives without the kind.
fn unmet(said: &[String], held: &[String]) -> Vec<String> {
    let below = said.iter().skip_while(|line| *line != UNMET).skip(1);
    let mut lines = below.take_while(|line| line.starts_with(' ')).peekable();
    let (mut all, mut package) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        let mut clause = line.trim();
        if let Some((first, rest)) = clause.split_once(" : ") {
            first.clone_into(&mut package);
            clause = rest.trim();
        }
        all.push(told(&package, &whole(clause, &mut lines), held));
    }
    all
}

/// A clause with the alternatives that follow on lines of their own.
fn whole<'a>(first: &str, lines: &mut Peekable<impl Iterator<Item = &'a String>>) -> String {
    let mut text = first.to_owned();
    while text.ends_with(" or") {
        let Some(next) = lines.next() else { break };
        text = format!("{text} {}", next.trim());
    }
    text
}

fn told(package: &str, clause: &str, held: &[String]) -> String {
    let (kind, rest) = clause.split_once(": ").unwrap_or(("Depends", clause));
    let (relation, reason) = rest.split_once(" but ").unwrap_or((rest, "it cannot be had"));
    let verb = match kind {
        "Conflicts" => "conflicts with",
        "Breaks" => "breaks",
        _ => "needs",
    };
    let reason = match reason {
        "it is not installable" => "which is neither there nor in the repository".to_owned(),
        "it is not going to be installed" => {
            "which is too old in the repository, or excluded by what is there".to_owned()
        }
        other => format!("but {other}"),
    };
    let is_held =
        relation.split([' ', ':']).next().is_some_and(|name| held.iter().any(|it| it == name));
    let held = if is_held { " (it is held there)" } else { "" };
    match package {
        WANTED => format!("the release {verb} `{relation}`, {reason}{held}"),
        package => format!("`{package}` {verb} `{relation}`, {reason}{held}"),
    }
}

/// A clause without the reason behind its comma.
pub(super) fn need(clause: &str) -> &str {
    clause.split(", ").next().unwrap_or_default()
}

/// The lines of apt that are errors, or the last ones.
fn errors(said: &[String]) -> String {
    let errors: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("E: ")).collect();
    match errors.is_empty() {
        true => said.iter().rev().take(3).rev().map(String::as_str).collect::<Vec<_>>().join("; "),
        false => errors.join("; "),
    }
}
