//! A figure with its goal.

use serde::Serialize;

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    /// Whether a figure is as it should be.
    pub(crate) fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(goal) => figure <= goal,
            Self::AtLeast(goal) => figure >= goal,
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::AtMost(goal) => format!("≤ {goal}"),
            Self::AtLeast(goal) => format!("≥ {goal}"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Row {
    pub(crate) job: &'static str,
    /// What the script, or the other server, takes.
    pub(crate) others: String,
    /// What the machine needs at least.
    pub(crate) limit: String,
    pub(crate) ours: String,
    /// What the figure is, in words.
    pub(crate) measure: &'static str,
    /// None when it could not be measured.
    pub(crate) figure: Option<f64>,
    pub(crate) goal: Goal,
    pub(crate) met: bool,
    /// The same figure from each round by itself, where it is a ratio of two times:
    /// the fastest of each need not be of one round.
    pub(crate) rounds: Vec<f64>,
}

impl Row {
    /// A line without what others take.
    pub(crate) fn new(
        job: &'static str,
        ours: String,
        (measure, figure): (&'static str, Option<f64>),
        goal: Goal,
    ) -> Self {
        let met = figure.is_some_and(|figure| goal.is_met(figure));
        let (others, limit) = (String::new(), String::new());
        let rounds = Vec::new();
        Self { job, others, limit, ours, measure, figure, goal, met, rounds }
    }

    pub(crate) fn against(self, others: String, limit: String) -> Self {
        Self { others, limit, ..self }
    }

    pub(crate) fn in_rounds(self, rounds: Vec<f64>) -> Self {
        Self { rounds, ..self }
    }

    /// Whether the goal is met, and in how many rounds where they do not agree.
    pub(crate) fn verdict(&self) -> String {
        let verdict = match (self.figure, self.met) {
            (None, _) => "not measured",
            (_, true) => "yes",
            (_, false) => "NO",
        };
        let (all, met) =
            (self.rounds.len(), self.rounds.iter().filter(|it| self.goal.is_met(**it)));
        match met.count() {
            met if all > 0 && met != if self.met { all } else { 0 } => {
                format!("{verdict}, in {met} of {all} rounds")
            }
            _ => verdict.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_measured_is_not_met() {
        let row = |figure| Row::new("a", String::new(), ("b", figure), Goal::AtMost(1.0)).met;
        assert_eq!((row(Some(1.0)), row(Some(1.1)), row(None)), (true, false, false));
        assert!(Goal::AtLeast(0.7).is_met(0.8));
    }

    #[test]
    fn rounds_that_do_not_agree_are_told() {
        let row = Row::new("a", String::new(), ("b", Some(1.0)), Goal::AtMost(1.0));
        let verdict = |rounds: &[f64]| row.clone().in_rounds(rounds.to_vec()).verdict();
        assert_eq!(verdict(&[]), "yes");
        assert_eq!(verdict(&[0.9, 1.0]), "yes");
        assert_eq!(verdict(&[0.9, 1.1, 1.2]), "yes, in 1 of 3 rounds");
    }
}
