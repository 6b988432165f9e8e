//! How much memory all answers together may hold. Three parts: what is needed to
//! read and hash, which nobody keeps while a client drains; copies on their way to
//! clients, counted to the byte until they have left; and whole buffers that quick
//! clients are lent. When there is not enough of the first two for all, the address
//! that holds least comes first: thousands of slow clients cannot make another one
//! wait for them. Nobody waits for the third.

use super::pieces::Copies;
use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// Bytes for reading and hashing. With what flows and is lent, with the chunks that
/// are kept for others (48 MiB) and what the program needs besides, all stays below
/// 192 MiB, because much of what is read and lent is among what is kept.
const READING: usize = 64 << 20;
/// Bytes on their way to clients.
const FLOWING: usize = 32 << 20;
/// What of the free half above the lower one a single batch may be. So those who take
/// much, and may stop at any time, leave the lower half to small batches of others.
const PART: usize = 32;
/// Bytes of buffers that are lent: two quick clients with one buffer in the socket,
/// one that waits and one that is read. Others are given copies.
const LENT: usize = 24 << 20;

/// How much may be read and sent at once.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    /// For reading.
    pub(crate) reading: Arc<Shares>,
    /// For what is on its way.
    pub(crate) flowing: Arc<Shares>,
    /// For whole buffers on their way to who is quick. Nobody waits for that.
    pub(crate) lent: Arc<Shares>,
    /// Where copies are made.
    pub(crate) copies: Copies,
}

impl Budget {
    pub(crate) fn new() -> Self {
        let (reading, flowing) = (Shares::new(READING), Shares::new(FLOWING));
        Self { reading, flowing, lent: Shares::new(LENT), copies: Copies::default() }
    }
}

/// Memory that is shared between addresses.
#[derive(Debug)]
pub(crate) struct Shares {
    all: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    held: BTreeMap<IpAddr, usize>,
    waiting: BTreeMap<IpAddr, VecDeque<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    bytes: usize,
    ready: oneshot::Sender<Room>,
}

/// Memory that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    shares: Arc<Shares>,
    address: IpAddr,
    bytes: usize,
}

impl Shares {
    fn new(bytes: usize) -> Arc<Self> {
        let (held, waiting) = (BTreeMap::new(), BTreeMap::new());
        let state = Mutex::new(State { free: bytes, held, waiting });
        Arc::new(Self { all: bytes, state })
    }

    /// How many bytes one batch should have at most, as it is now: less and less when
    /// more is taken, none in the end.
    pub(crate) fn largest(&self) -> usize {
        self.state().free.saturating_sub(self.all / 2) / PART
    }

    /// Waits for room. `bytes` must be no more than there are in all.
    pub(crate) async fn take(self: &Arc<Self>, address: IpAddr, bytes: usize) -> Room {
        if let Some(room) = self.try_take(address, bytes) {
            return room;
        }
        let (ready, room) = oneshot::channel();
        let waiting = Waiting { bytes, ready };
        self.state().waiting.entry(address).or_default().push_back(waiting);
        // Room may have come free between the two.
        self.give();
        room.await.expect("whoever waits is never forgotten")
    }

    /// The same for whoever must not wait, and not before those who do.
    pub(crate) fn try_take(self: &Arc<Self>, address: IpAddr, bytes: usize) -> Option<Room> {
        let mut state = self.state();
        let free = state.waiting.is_empty() && state.free >= bytes;
        free.then(|| self.room(&mut state, address, bytes))
    }

    fn room(self: &Arc<Self>, state: &mut State, address: IpAddr, bytes: usize) -> Room {
        state.free -= bytes;
        *state.held.entry(address).or_default() += bytes;
        Room { shares: Arc::clone(self), address, bytes }
    }

    /// Gives what is free to those who wait.
    fn give(self: &Arc<Self>) {
        loop {
            // Whoever has gone gives it back, which asks for the lock again.
            let Some((ready, room)) = self.next() else { return };
            let _gone = ready.send(room);
        }
    }

    /// Whose turn it is, if there is enough for that.
    fn next(self: &Arc<Self>) -> Option<(oneshot::Sender<Room>, Room)> {
        let mut state = self.state();
        let held = |address: &IpAddr| state.held.get(address).copied().unwrap_or(0);
        let address = *state.waiting.keys().min_by_key(|address| held(address))?;
        let queue = state.waiting.get_mut(&address)?;
        let bytes = queue.front()?.bytes;
        if state.free < bytes {
            return None;
        }
        let queue = state.waiting.get_mut(&address)?;
        let ready = queue.pop_front()?.ready;
        if queue.is_empty() {
            state.waiting.remove(&address);
        }
        let room = self.room(&mut state, address, bytes);
        Some((ready, room))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// A part of it, which is given back by itself.
    pub(crate) fn split(&mut self, bytes: usize) -> Self {
        self.bytes -= bytes;
        Self { shares: Arc::clone(&self.shares), address: self.address, bytes }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.shares.state();
        state.free += self.bytes;
        if let Some(held) = state.held.get_mut(&self.address) {
            *held -= self.bytes;
            if *held == 0 {
                state.held.remove(&self.address);
            }
        }
        let waits = !state.waiting.is_empty();
        drop(state);
        if waits {
            self.shares.give();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn whoever_holds_least_comes_first() {
        let shares = Shares::new(10);
        let mut greedy = shares.try_take(address(1), 9).unwrap();
        let one = shares.try_take(address(2), 1).unwrap();
        assert!(shares.try_take(address(3), 1).is_none());
        let mut again = Box::pin(shares.take(address(1), 2));
        let mut other = Box::pin(shares.take(address(2), 2));
        assert!((&mut again).now_or_never().is_none() && (&mut other).now_or_never().is_none());
        drop(greedy.split(2));
        assert!((&mut again).now_or_never().is_none());
        let two = other.now_or_never().unwrap();
        drop(greedy);
        let more = again.now_or_never().unwrap();
        drop((one, two, more));
        assert_eq!(shares.state().free, 10);
        assert!(shares.state().held.is_empty());
    }

    #[test]
    fn batches_become_smaller_long_before_nothing_is_left() {
        let shares = Shares::new(64 * PART);
        let mut taken = Vec::new();
        while shares.largest() > 0 {
            taken.push(shares.try_take(address(1), shares.largest()).unwrap());
        }
        assert!(taken.len() > 32 && taken[0].bytes == 32, "{taken:?}");
        assert!(shares.state().free > 32 * PART);
    }

    #[test]
    fn whoever_has_gone_gives_way() {
        let shares = Shares::new(4);
        let all = shares.try_take(address(1), 4).unwrap();
        let mut gone = Box::pin(shares.take(address(2), 4));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        let mut next = Box::pin(shares.take(address(3), 3));
        assert!((&mut next).now_or_never().is_none());
        drop(all);
        let next = next.now_or_never().unwrap();
        assert_eq!(shares.state().free, 1);
        drop(next);
        assert_eq!(shares.state().free, 4);
        assert!(shares.state().waiting.is_empty());
    }
}
