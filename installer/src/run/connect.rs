//! Opens the ways to all hosts of a run.

use crate::{
    plan::HostName,
    steps::Hosts,
    transport::{Reach, Transport, TransportError, ssh::Connector},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;

/// Opens a way to each host, `parallel` at a time. All or none: a run that
/// began without one of its hosts would stop in the middle.
pub async fn connect(
    connector: &Connector,
    hosts: &[(HostName, Reach)],
    parallel: usize,
) -> Result<Hosts, TransportError> {
    let open = |(name, reach): &(HostName, Reach)| {
        let (name, reach) = (name.clone(), reach.clone());
        async move {
            let session: Arc<dyn Transport> = Arc::new(reach.open(connector).await?);
            Ok::<_, TransportError>((name, session))
        }
    };
    let opening = stream::iter(hosts.iter().map(open)).buffer_unordered(parallel.max(1));
    Ok(Hosts::new(opening.try_collect::<Vec<_>>().await?))
}
