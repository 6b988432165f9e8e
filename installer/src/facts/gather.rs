//! Asks hosts for their facts, many at once but not too many.

use super::{Clock, Facts, FactsError, parse};
use crate::transport::{Reach, RemoteCommand, Session, Transport, TransportError, ssh::Connector};
use futures_util::StreamExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SCRIPT: &str = include_str!("observe.sh");
/// Busy machines with many packages take a few seconds.
const DEADLINE: Duration = Duration::from_mins(2);
/// The clock is asked so often; the quickest answer is the best one.
const CLOCK_SAMPLES: usize = 3;

/// The facts of one host, or why they are not known.
pub type Gathered = (String, Result<Facts, FactsError>);

/// The facts of one host. `now` is the operator's clock.
pub async fn gather(
    transport: &dyn Transport,
    now: &(dyn Fn() -> SystemTime + Sync),
) -> Result<Facts, FactsError> {
    let host = transport.host();
    let failed = |error| FactsError::Transport { host: host.to_owned(), source: Box::new(error) };
    let command = RemoteCommand::script("gather facts", SCRIPT, [""; 0]).deadline(DEADLINE);
    let finished = transport.run(&command).await.map_err(failed)?;
    let finished = finished.expect_success(host, "gather facts").map_err(failed)?;
    let whole = finished.stdout.dropped_bytes == 0;
    let facts = whole.then(|| parse(&finished.text())).flatten();
    let mut facts = facts.ok_or_else(|| FactsError::Incomplete { host: host.to_owned() })?;
    facts.clock = clock(transport, now).await.map_err(failed)?;
    Ok(facts)
}

/// The facts of many hosts in their order, `parallel` at a time.
pub async fn survey(connector: &Connector, hosts: &[Reach], parallel: usize) -> Vec<Gathered> {
    let ask = async |session: Session| gather(&session, &SystemTime::now).await;
    each_host(connector, hosts, parallel, ask).await
}

/// Asks hosts something, `parallel` at a time; the answers in the hosts' order. A
/// host that cannot be asked does not keep the others from being asked.
pub(crate) async fn each_host<T>(
    connector: &Connector,
    hosts: &[Reach],
    parallel: usize,
    ask: impl AsyncFn(Session) -> Result<T, FactsError>,
) -> Vec<(String, Result<T, FactsError>)> {
    let asking = hosts.iter().map(async |host| {
        let name = host.name().to_owned();
        let answer = match host.open(connector).await {
            Ok(session) => ask(session).await,
            Err(error) => {
                Err(FactsError::Transport { host: name.clone(), source: Box::new(error) })
            }
        };
        (name, answer)
    });
    futures_util::stream::iter(asking).buffered(parallel.max(1)).collect().await
}

async fn clock(
    transport: &dyn Transport,
    now: &(dyn Fn() -> SystemTime + Sync),
) -> Result<Option<Clock>, TransportError> {
    let mut best: Option<Clock> = None;
    for _ in 0..CLOCK_SAMPLES {
        let asked = now();
        let finished = transport.run(&RemoteCommand::argv(["date", "+%s%N"])).await?;
        let sample = finished.text().trim().parse().ok().and_then(|ns| compare(asked, ns, now()));
        best = best.into_iter().chain(sample).min_by_key(|clock| clock.uncertainty_ms);
    }
    Ok(best)
}

/// Their clock against ours, taken in the middle between question and answer.
fn compare(asked: SystemTime, theirs_ns: u64, answered: SystemTime) -> Option<Clock> {
    let ns =
        |time: SystemTime| i128::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok();
    let (asked, answered) = (ns(asked)?, ns(answered)?);
    let (middle, trip) = (i128::midpoint(asked, answered), answered - asked);
    Some(Clock {
        ahead_ms: i64::try_from((i128::from(theirs_ns) - middle) / 1_000_000).ok()?,
        // Rounded up, and never negative even when our clock was set back.
        uncertainty_ms: u64::try_from(trip / 2_000_000).unwrap_or(0) + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_way_there_and_back_is_not_skew() {
        let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
        let clock = compare(at(1_000_000), 1_000_500_000_000, at(1_001_000)).unwrap();
        assert_eq!(clock, Clock { ahead_ms: 0, uncertainty_ms: 501 });
        let clock = compare(at(1_000_000), 958_000_000_000, at(1_000_000)).unwrap();
        assert_eq!(clock, Clock { ahead_ms: -42_000, uncertainty_ms: 1 });
    }

    #[test]
    fn absurd_clocks_do_no_harm() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert!(compare(now, u64::MAX, now).unwrap().ahead_ms > 1_000_000_000_000);
        assert_eq!(compare(now, 0, now).unwrap().ahead_ms, -1_000_000_000);
        let set_back = compare(now, 0, UNIX_EPOCH).unwrap();
        assert_eq!(set_back.uncertainty_ms, 1);
    }
}
