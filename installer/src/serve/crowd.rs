//! Who is connected, and who may come in. When the house is full, the address
//! that has the most connections gives one up for whoever has fewer, one without a
//! request first: nobody who wants little is shut out by somebody who takes all.

use super::moving::Answers;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// Connections that were sent away and are not closed yet, besides those there may
/// be.
pub(crate) const LEAVING: usize = 1024;

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At once, in all.
    pub connections: usize,
    /// At once, from one address.
    pub per_client: usize,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) address: IpAddr,
    number: u64,
    /// Requests that are being answered.
    requests: AtomicUsize,
    /// Those of them that are on their way.
    pub(crate) answers: Answers,
    leave: Notify,
}

impl Guest {
    fn new(address: IpAddr, number: u64) -> Self {
        let (requests, answers) = (AtomicUsize::new(0), Answers::default());
        Self { address, number, requests, answers, leave: Notify::new() }
    }

    /// Whether no request is being answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0
    }

    /// A request that is being answered until this is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> Request {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Request(Arc::clone(self))
    }

    /// Ends the connection, wherever it is.
    pub(crate) fn cut(&self) {
        self.leave.notify_one();
    }

    /// Waits until somebody ends the connection.
    pub(crate) async fn left(&self) {
        self.leave.notified().await;
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Request(pub(crate) Arc<Guest>);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The address has as many connections as one may have.
    Client,
    /// There are as many connections as there may be.
    Full,
}

/// Everybody who is connected.
#[derive(Debug)]
pub(crate) struct Crowd {
    limits: Limits,
    count: AtomicUsize,
    /// Those that were sent away included.
    open: AtomicUsize,
    numbers: AtomicU64,
    guests: Mutex<HashMap<IpAddr, Vec<Arc<Guest>>>>,
}

impl Crowd {
    pub(crate) fn new(limits: Limits) -> Self {
        let (count, open) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (numbers, guests) = (AtomicU64::new(0), Mutex::default());
        Self { limits, count, open, numbers, guests }
    }

    /// How many are connected.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Lets somebody in, in the place of somebody else if need be.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Refused> {
        let mut guests = self.guests();
        if self.open.load(Ordering::Relaxed) >= self.limits.connections + LEAVING {
            return Err(Refused::Full);
        }
        let own = guests.get(&address).map_or(0, Vec::len);
        if own >= self.limits.per_client {
            self.send_away(&mut guests, address, true).ok_or(Refused::Client)?;
        } else if self.count() >= self.limits.connections {
            let most = guests.iter().max_by_key(|(_, guests)| guests.len());
            let (most, held) = most.map_or((address, own), |(most, held)| (*most, held.len()));
            // Whoever comes may have as many as the other keeps, and no more.
            let gives = held > own + 1;
            let from = if gives { most } else { address };
            self.send_away(&mut guests, from, !gives).ok_or(Refused::Full)?;
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let guest = Arc::new(Guest::new(address, number));
        guests.entry(address).or_default().push(Arc::clone(&guest));
        self.count.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Place { crowd: Arc::clone(self), guest })
    }

    /// Ends the oldest connection of an address that does nothing, or else, unless
    /// only idle ones may go, the oldest of all.
    fn send_away(
        &self,
        guests: &mut HashMap<IpAddr, Vec<Arc<Guest>>>,
        address: IpAddr,
        only_idle: bool,
    ) -> Option<()> {
        let held = guests.get(&address)?;
        let idle = held.iter().find(|guest| guest.is_idle());
        let guest = idle.or_else(|| held.first().filter(|_| !only_idle)).cloned()?;
        guest.cut();
        self.remove(guests, &guest);
        Some(())
    }

    fn remove(&self, guests: &mut HashMap<IpAddr, Vec<Arc<Guest>>>, guest: &Guest) {
        let Some(held) = guests.get_mut(&guest.address) else { return };
        let Some(place) = held.iter().position(|one| one.number == guest.number) else { return };
        held.remove(place);
        self.count.fetch_sub(1, Ordering::Relaxed);
        if held.is_empty() {
            guests.remove(&guest.address);
        }
    }

    fn guests(&self) -> MutexGuard<'_, HashMap<IpAddr, Vec<Arc<Guest>>>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the crowd; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    pub(crate) guest: Arc<Guest>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.remove(&mut self.crowd.guests(), &self.guest);
        self.crowd.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn crowd(connections: usize, per_client: usize) -> Arc<Crowd> {
        Arc::new(Crowd::new(Limits { connections, per_client }))
    }

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    fn was_cut(place: &Place) -> bool {
        place.guest.left().now_or_never().is_some()
    }

    #[test]
    fn places_are_given_back() {
        let crowd = crowd(2, 2);
        let first = crowd.admit(address(1)).unwrap();
        let _busy = first.guest.request();
        let second = crowd.admit(address(1)).unwrap();
        drop(second);
        assert_eq!(crowd.count(), 1);
        drop(first);
        assert_eq!((crowd.count(), crowd.guests().len()), (0, 0));
    }

    #[test]
    fn one_address_has_so_many_and_an_idle_one_goes_for_the_next() {
        let crowd = crowd(9, 2);
        let places = [crowd.admit(address(1)).unwrap(), crowd.admit(address(1)).unwrap()];
        let _busy = places[0].guest.request();
        let third = crowd.admit(address(1)).unwrap();
        assert!(!was_cut(&places[0]) && was_cut(&places[1]));
        let _busy_too = third.guest.request();
        assert_eq!(crowd.admit(address(1)).unwrap_err(), Refused::Client);
        assert!(crowd.admit(address(2)).is_ok());
    }

    #[test]
    fn in_a_full_house_whoever_has_the_most_gives_one_up() {
        let crowd = crowd(3, 9);
        let greedy: Vec<_> = (0..3).map(|_| crowd.admit(address(1)).unwrap()).collect();
        let busy: Vec<_> = greedy.iter().map(|place| place.guest.request()).collect();
        assert_eq!(crowd.admit(address(1)).unwrap_err(), Refused::Full);
        let modest = crowd.admit(address(2)).unwrap();
        let _busy = modest.guest.request();
        assert!(was_cut(&greedy[0]) && !was_cut(&greedy[1]));
        // Two against one: a third address would only move the shortage around.
        let _third = crowd.admit(address(3)).unwrap();
        assert_eq!(crowd.admit(address(4)).unwrap_err(), Refused::Full);
        assert_eq!(crowd.count(), 3);
        drop((greedy, busy));
        assert_eq!(crowd.count(), 2);
    }
}
