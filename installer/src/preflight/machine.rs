//! Is the machine large enough, of the right kind, and itself?

use super::verdict::{State, Verdict, View};
use console::text::size;

pub(super) fn arch(view: View<'_>) -> Verdict {
    let carried: Vec<&str> = view.needs.arches.iter().map(|arch| arch.as_str()).collect();
    let expected = carried.join(" or ");
    let Some(machine) = &view.facts.machine else { return Verdict::unknown(expected) };
    let carried = view.facts.arch().filter(|arch| view.needs.arches.contains(arch));
    carried.map_or_else(
        || {
            let fix = "use a bundle that carries this architecture";
            Verdict::bad(State::Failed, machine, expected, fix)
        },
        |arch| Verdict::ok(arch.as_str()),
    )
}

pub(super) fn cpu(view: View<'_>) -> Verdict {
    let expected = format!("{} or more", view.host.cpus);
    match view.facts.cpus {
        None => Verdict::unknown(expected),
        Some(cpus) if cpus >= view.host.cpus => Verdict::ok(cpus.to_string()),
        Some(cpus) => {
            let fix = "give the machine more processors";
            Verdict::bad(State::Failed, cpus.to_string(), expected, fix)
        }
    }
}

pub(super) fn memory(view: View<'_>) -> Verdict {
    let expected = format!("{} or more", size(view.host.memory_bytes));
    match view.facts.memory {
        None => Verdict::unknown(expected),
        Some(memory) if memory.total_bytes >= view.host.memory_bytes => {
            Verdict::ok(size(memory.total_bytes))
        }
        Some(memory) => {
            let fix = "give the machine more memory";
            Verdict::bad(State::Failed, size(memory.total_bytes), expected, fix)
        }
    }
}

/// The installation turns swap off and `reset` turns it on again. Compressed
/// memory comes back at each start, made by a generator nobody told.
pub(super) fn swap(view: View<'_>) -> Verdict {
    let swap = &view.facts.swap;
    if swap.is_empty() {
        return Verdict::ok("off");
    }
    match swap.iter().any(|device| device.starts_with("/dev/zram")) {
        true => Verdict::bad(
            State::Warning,
            swap.join(", "),
            "no swap on compressed memory",
            "remove the package that makes it, such as zram-config or systemd-zram-generator",
        ),
        false => Verdict::ok(format!("{}: will be turned off", swap.join(", "))),
    }
}

pub(super) fn hostname(view: View<'_>) -> Verdict {
    let wanted = &view.host.name;
    let Some(full) = &view.facts.hostname else { return Verdict::unknown(wanted) };
    let own = short(full);
    if own != *wanted {
        let fix = format!(
            "run `hostnamectl set-hostname {wanted}` on the host, or change its name in the cluster file"
        );
        return Verdict::bad(State::Failed, full, wanted, fix);
    }
    let same = |other: &str| short(other) == own;
    match view.others().find(|(_, facts)| facts.hostname.as_deref().is_some_and(same)) {
        Some((other, _)) => Verdict::bad(
            State::Failed,
            format!("{full}, as `{}` calls itself too", other.name),
            "a name of its own",
            "give one of them another name: `hostnamectl set-hostname NAME`",
        ),
        None => Verdict::ok(full),
    }
}

/// A host may call itself by its full name.
fn short(name: &str) -> String {
    name.split('.').next().unwrap_or_default().to_ascii_lowercase()
}

pub(super) fn machine_id(view: View<'_>) -> Verdict {
    let expected = "an id that no other host has";
    let Some(id) = &view.facts.machine_id else {
        let fix = "run `systemd-machine-id-setup` on the host";
        return Verdict::bad(State::Failed, "none", expected, fix);
    };
    let twin = view.others().find(|(_, facts)| facts.machine_id.as_ref() == Some(id));
    match twin {
        Some((other, _)) => Verdict::bad(
            State::Failed,
            format!("{id}, as `{}` has", other.name),
            expected,
            "they were cloned: run `rm /etc/machine-id && systemd-machine-id-setup` on one and restart it",
        ),
        None => Verdict::ok(id),
    }
}
