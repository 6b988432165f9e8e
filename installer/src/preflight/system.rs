//! Can anything be done on the host at all?

use super::verdict::{State, Verdict, View};

/// Programs that steps use and no bundle brings.
const TOOLS: [&str; 12] = [
    "awk",
    "df",
    "grep",
    "modprobe",
    "mount",
    "sed",
    "sha256sum",
    "stat",
    "systemctl",
    "systemd-run",
    "tar",
    "timeout",
];
/// The first version whose transient units can do what long steps need.
const OLDEST_SYSTEMD: u32 = 240;

/// Only hosts that answered come here.
pub(super) fn reachable(_: View<'_>) -> Verdict {
    Verdict::ok("yes")
}

pub(super) fn root(view: View<'_>) -> Verdict {
    match view.facts.as_root {
        true => Verdict::ok("yes"),
        false => Verdict::bad(
            State::Failed,
            "an ordinary user",
            "root",
            "set `sudo: passwordless` or `sudo: password` in the cluster file, or log in as root",
        ),
    }
}

pub(super) fn system(view: View<'_>) -> Verdict {
    let supported: Vec<String> = view
        .needs
        .systems
        .iter()
        .flat_map(|system| {
            system.versions.iter().map(move |version| format!("{} {version}", system.id))
        })
        .collect();
    let expected = supported.join(", ");
    let Some(os) = &view.facts.os else { return Verdict::unknown(expected) };
    let Some(system) = view.needs.systems.iter().find(|system| system.id == os.id) else {
        let fix = "install one of the supported systems on the host";
        return Verdict::bad(State::Failed, &os.name, expected, fix);
    };
    match system.versions.contains(&os.version.as_str()) {
        true => Verdict::ok(&os.name),
        false => Verdict::bad(
            State::Warning,
            &os.name,
            expected,
            "nobody has tried this version: use another, or accept the risk",
        ),
    }
}

pub(super) fn systemd(view: View<'_>) -> Verdict {
    let expected = format!("systemd {OLDEST_SYSTEMD} or newer as the first process");
    let init = view.facts.init.as_deref().unwrap_or("not known");
    match view.facts.systemd {
        Some(version) if version >= OLDEST_SYSTEMD && init == "systemd" => {
            Verdict::ok(format!("systemd {version}"))
        }
        version => {
            let version =
                version.map_or("no systemd".to_owned(), |version| format!("systemd {version}"));
            let found = format!("{version}, first process: {init}");
            Verdict::bad(State::Failed, found, expected, "use a host that systemd runs")
        }
    }
}

pub(super) fn tools(view: View<'_>) -> Verdict {
    let missing: Vec<&str> =
        TOOLS.into_iter().filter(|tool| !view.facts.tools.contains(*tool)).collect();
    match missing.is_empty() {
        true => Verdict::ok("all there"),
        false => Verdict::bad(
            State::Failed,
            format!("missing: {}", missing.join(", ")),
            "the tools of a base system",
            "install them from the host's own installation medium",
        ),
    }
}
