//! A plan for people: by host, by phase, each step with its reason.

use super::{Plan, PlannedStep};
use std::fmt::Write;

/// The plan as lines of text, ending in a line feed.
pub fn render(plan: &Plan) -> String {
    let Plan { cluster, release, version, steps, .. } = plan;
    let hosts = plan.hosts();
    let count = format!("{} on {}", number(steps.len(), "step"), number(hosts.len(), "host"));
    let mut text = format!("{release} {version} on cluster {cluster}: {count}\n");
    for host in hosts {
        let _ = writeln!(text, "\n{host}");
        let of_host: Vec<_> = steps.iter().filter(|step| step.host == *host).collect();
        for phase in of_host.chunk_by(|one, next| one.phase == next.phase) {
            let _ = writeln!(text, "  {}", phase[0].phase);
            for step in phase {
                line(&mut text, step);
            }
        }
    }
    text
}

fn line(text: &mut String, step: &PlannedStep) {
    let _ = writeln!(text, "    {}: {}", step.title, step.why);
    let elsewhere = step.needs.iter().filter(|need| need.host() != step.host.as_str());
    for need in elsewhere {
        let _ = writeln!(text, "      waits for {need}");
    }
}

fn number(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
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
        insta::assert_snapshot!(render(&plan), @r"
        demo 1.0.0 on cluster north: 4 steps on 2 hosts

        cp-1
          prepare
            do one: the test wants it
            do cluster: the test wants it

        worker-1
          prepare
            do one: the test wants it
          join
            do node: the test wants it
              waits for cp-1/init/cluster
        ");
    }
}
