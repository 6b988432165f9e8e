//! Clients that read blobs to their end: one on one connection, and many at once.

use crate::{http::Client, parallel, problem::Result};
use rustls::ClientConfig;
use std::{net::SocketAddr, sync::Arc, time::Instant};

/// Clients at once.
pub(super) const CLIENTS: usize = 64;
/// Blobs that each of them reads, one after the other on one connection.
const EACH: usize = 4;

/// A server to read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server<'a> {
    pub(super) address: SocketAddr,
    pub(super) tls: Option<&'a Arc<ClientConfig>>,
}

/// A path and how many bytes must come.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) path: String,
    pub(super) size: u64,
}

/// How fast it went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) seconds: f64,
    pub(super) bytes: u64,
    pub(super) errors: u64,
}

impl Server<'_> {
    /// Reads one blob so many times on one connection.
    pub(super) fn one_blob(self, wanted: &Wanted, times: usize) -> Result<Load> {
        let mut client = Client::connect(self.address, self.tls)?;
        // The first one warms up whatever there is to warm.
        fetch(&mut client, wanted)?;
        let (began, mut bytes) = (Instant::now(), 0);
        for _ in 0..times {
            bytes += fetch(&mut client, wanted)?;
        }
        Ok(Load { seconds: began.elapsed().as_secs_f64(), bytes, errors: 0 })
    }

    /// Many clients, each with blobs of its own choice: the same for every server.
    pub(super) fn mixed(self, all: &[Wanted]) -> Result<Load> {
        let clients: Vec<usize> = (0..CLIENTS).collect();
        let began = Instant::now();
        let each = parallel::on(CLIENTS, &clients, |_, client| Ok(self.one_client(*client, all)))?;
        let seconds = began.elapsed().as_secs_f64();
        let bytes = each.iter().map(|(bytes, _)| bytes).sum();
        let errors = each.iter().map(|(_, errors)| errors).sum();
        Ok(Load { seconds, bytes, errors })
    }

    /// Bytes and errors of one client. After an error it connects anew.
    fn one_client(self, number: usize, all: &[Wanted]) -> (u64, u64) {
        let (mut bytes, mut errors, mut kept) = (0, 0, None);
        for wanted in choice(number, all.len()).map(|index| &all[index]) {
            let fetched = self.again(&mut kept, wanted);
            match fetched {
                Ok(size) => bytes += size,
                Err(_) => errors += 1,
            }
        }
        (bytes, errors)
    }
}

impl Server<'_> {
    /// Reads on the connection that is kept, or on a new one.
    fn again(self, kept: &mut Option<Client>, wanted: &Wanted) -> Result<u64> {
        let mut client = match kept.take() {
            Some(client) => client,
            None => Client::connect(self.address, self.tls)?,
        };
        let size = fetch(&mut client, wanted)?;
        *kept = Some(client);
        Ok(size)
    }
}

fn fetch(client: &mut Client, wanted: &Wanted) -> Result<u64> {
    let size = client.drain(&wanted.path)?;
    match size == wanted.size {
        true => Ok(size),
        false => Err(format!("`{}`: {size} bytes", wanted.path).into()),
    }
}

/// Which blobs a client reads: spread over all, and the same in each run.
fn choice(client: usize, all: usize) -> impl Iterator<Item = usize> {
    (0..EACH).map(move |turn| (client * 31 + turn * 17 + client * turn) % all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_clients_together_read_nearly_every_blob() {
        let picked: BTreeSet<_> = (0..CLIENTS).flat_map(|client| choice(client, 50)).collect();
        assert!(picked.len() > 40 && picked.last() < Some(&50), "{picked:?}");
    }
}
