//! A plan for people: by host, by phase, each step with its reason.

use super::{HostName, Plan, PlannedStep};
use console::{Table, text};
use std::fmt::Write;

/// The plan as text that ends in a line feed: as wide as `columns`, or with
/// each step on one line.
pub fn render(plan: &Plan, columns: Option<u16>) -> String {
    let Plan { cluster, release, version, .. } = plan;
    let mut text = format!("{release} {version} on cluster {cluster}: {}\n", extent(plan));
    for host in plan.hosts() {
        let _ = write!(text, "\n{host}\n{}", table(plan, host).render(columns));
    }
    text
}

/// `34 steps on 1 host`.
pub fn extent(plan: &Plan) -> String {
    let steps = text::count(plan.steps.len() as u64, "step", "steps");
    let hosts = text::count(plan.hosts().len() as u64, "host", "hosts");
    format!("{steps} on {hosts}")
}

/// The steps of one host under the numbers they have in the plan. A phase is
/// named where it begins.
fn table(plan: &Plan, host: &HostName) -> Table {
    let mut table = Table::new(["#", "phase", "step", "why"]).numbers(&[0]);
    let of_host = plan.steps.iter().zip(1..).filter(|(step, _)| step.host == *host);
    let mut phase = None;
    for (step, number) in of_host {
        let begins = phase.replace(&step.phase) != Some(&step.phase);
        let named = if begins { step.phase.as_str() } else { "" };
        table.row([&number.to_string(), named, &step.title, &reason(plan, step)]);
    }
    table
}

fn reason(plan: &Plan, step: &PlannedStep) -> String {
    let elsewhere = step.needs.iter().filter(|need| need.host() != step.host.as_str());
    let numbers = elsewhere.filter_map(|need| plan.steps.iter().position(|step| step.id == *need));
    numbers.fold(step.why.clone(), |why, before| format!("{why}; waits for step {}", before + 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan, step};
    use super::*;

    #[test]
    fn a_plan_reads_host_by_host_with_reasons() {
        let mut last = step("worker-1/join/node", &["cp-1/init/cluster"]);
        last.phase = "join".parse().unwrap();
        let plan = plan(vec![
            step("cp-1/prepare/one", &[]),
            step("worker-1/prepare/one", &[]),
            step("cp-1/init/cluster", &["cp-1/prepare/one"]),
            last,
        ]);
        insta::assert_snapshot!(render(&plan, None), @r"
        demo 1.0.0 on cluster north: 4 steps on 2 hosts

        cp-1
        #  phase    step        why
        1  prepare  do one      the test wants it
        3           do cluster  the test wants it

        worker-1
        #  phase    step     why
        2  prepare  do one   the test wants it
        4  join     do node  the test wants it; waits for step 3
        ");
    }

    #[test]
    fn a_plan_fits_a_narrow_terminal() {
        let mut wordy = step("cp-1/prepare/one", &[]);
        wordy.why = "a reason that takes some more words than most reasons take".into();
        let text = render(&plan(vec![wordy]), Some(50));
        assert!(text.lines().all(|line| text::width(line) <= 50), "{text}");
        insta::assert_snapshot!(text);
    }
}
