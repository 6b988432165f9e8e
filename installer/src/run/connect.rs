//! Opens the ways to all hosts of a run.

use crate::{
    plan::HostName,
    steps::Hosts,
    transport::{Reach, Transport, TransportError, ssh::Connector},
};
use futures_util::{StreamExt, stream};
use std::sync::Arc;

/// A way to a host, or why there is none.
pub type Way = (HostName, Result<Arc<dyn Transport>, TransportError>);

/// Tries to open a way to each host, `parallel` at a time.
pub async fn connect_each(
    connector: &Connector,
    hosts: &[(HostName, Reach)],
    parallel: usize,
) -> Vec<Way> {
    let open = |(name, reach): &(HostName, Reach)| {
        let (name, reach) = (name.clone(), reach.clone());
        async move {
            let session = reach.open(connector).await;
            (name, session.map(|session| Arc::new(session) as Arc<dyn Transport>))
        }
    };
    stream::iter(hosts.iter().map(open)).buffered(parallel.max(1)).collect().await
}

/// Opens a way to each host. All or none: a run that began without one of its
/// hosts would stop in the middle.
pub async fn connect(
    connector: &Connector,
    hosts: &[(HostName, Reach)],
    parallel: usize,
) -> Result<Hosts, TransportError> {
    let ways = connect_each(connector, hosts, parallel).await;
    let open: Result<Vec<_>, _> =
        ways.into_iter().map(|(name, way)| way.map(|way| (name, way))).collect();
    open.map(Hosts::new)
}
