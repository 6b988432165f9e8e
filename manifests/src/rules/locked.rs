//! Rules in a lockfile: they are copied into it, so that whoever holds it can ask
//! them again on a later day.

use super::{Acknowledgement, Date, Picked, RuleBook, Warning, judge};
use crate::lockfile::Lockfile;

impl Lockfile {
    /// Takes the rules that speak of what is locked, and what the release means by
    /// not following them. What it says of components that are not in here stays
    /// out.
    pub fn take_rules(&mut self, book: &RuleBook, acknowledged: &[Acknowledgement]) {
        let picked = Picked::of_lockfile(self);
        self.rules = book.rules().iter().filter_map(|rule| rule.concerning(&picked)).collect();
        let is_needed = |one: &&Acknowledgement| one.is_needed(&self.rules, &picked);
        self.acknowledged = acknowledged.iter().filter(is_needed).cloned().collect();
    }

    /// Everything that its rules do not agree with on that day; what the release
    /// acknowledges has its reason.
    pub fn warnings(&self, day: Date) -> Vec<Warning> {
        let mut warnings = judge(&self.rules, &Picked::of_lockfile(self), day);
        for warning in &mut warnings {
            warning.acknowledged = self.reason_for(warning).map(|one| one.reason.clone());
        }
        warnings
    }

    /// The one that is for the very version comes first.
    fn reason_for(&self, warning: &Warning) -> Option<&Acknowledgement> {
        let met = self.acknowledged.iter().filter(|one| one.meets(warning));
        met.max_by_key(|one| one.version.is_some())
    }
}

impl RuleBook {
    /// Whether each of these is about something that the rules say of one of
    /// these, or of a part of it; an error names the first that is not.
    pub fn check(&self, acknowledged: &[Acknowledgement], picked: &[Picked]) -> Result<(), String> {
        let is_needed = |one: &Acknowledgement| {
            picked.iter().any(|picked| one.may_be_needed(self.rules(), picked))
        };
        match acknowledged.iter().find(|one| !is_needed(one)) {
            None => Ok(()),
            Some(one) => Err(format!("acknowledged: {}", self.objection(one))),
        }
    }

    fn objection(&self, one: &Acknowledgement) -> String {
        match self.rules().iter().any(|rule| rule.id == one.rule) {
            true => format!("nothing here goes against `{one}`; take it out"),
            false => format!("no rule `{}` is known{}", one.rule, self.near(one)),
        }
    }

    /// The rule that was meant, when one has nearly this name.
    fn near(&self, acknowledgement: &Acknowledgement) -> String {
        let wanted = acknowledgement.rule.as_str();
        let distance = |name: &str| strsim::damerau_levenshtein(name, wanted);
        let names = self.rules().iter().map(|rule| rule.id.as_str());
        let nearest = names.min_by_key(|name| distance(name)).filter(|name| distance(name) <= 3);
        nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
    }
}
