//! What a service manager gives us and wants to hear: a socket that is open already,
//! and whether we are ready, read again what changed, end, and live. Without one
//! nothing here does anything.

use super::{Limits, crowd::LEAVING, error::ServeError};
use listenfd::ListenFd;
use manifests::event::{Event, Reporter};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use std::{env, net::TcpListener, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// Files that are open besides connections: volumes, logs, the runtime's own, and
/// connections that end.
const OTHER_FILES: usize = 256 + LEAVING;

/// The socket that we were given, if we were given one.
pub(crate) fn socket() -> Result<Option<TcpListener>, ServeError> {
    let socket = ListenFd::from_env().take_tcp_listener(0).map_err(ServeError::Start)?;
    if let Some(socket) = &socket {
        socket.set_nonblocking(true).map_err(ServeError::Start)?;
    }
    Ok(socket)
}

/// Requests are answered from now on.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// What may have changed is being read again; [`ready`] follows.
pub(crate) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// No more connections are accepted.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that we live, for as long as tasks of the server run at all and somebody
/// wants to hear it.
pub(crate) async fn live() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut clock = interval((limit / 3).max(Duration::from_millis(1)));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// A manager that does not listen is no reason to stop serving.
fn tell(state: &[NotifyState<'_>]) {
    if env::var_os("NOTIFY_SOCKET").is_some() {
        let _nobody_listens = sd_notify::notify(state);
    }
}

/// Opens as many files as the system allows, and as many connections as there are
/// files for.
pub(crate) fn fit(limits: Limits, reporter: &dyn Reporter) -> Limits {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: files.maximum, maximum: files.maximum };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => files.maximum,
        Err(_refused) => files.current,
    };
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let possible = files.saturating_sub(OTHER_FILES).max(1);
    if possible < limits.connections {
        let text = format!(
            "at most {possible} connections at once, because only {files} files may be open; `LimitNOFILE=` of the service or `ulimit -n` allows more"
        );
        reporter.report(&Event::Warning { text });
    }
    Limits { connections: limits.connections.min(possible), ..limits }
}
