//! Pieces on their way to a client: bytes that take room for as long as anybody holds
//! them, copied into buffers that are used again, or lent from where they lie.

use super::budget::Room;
use bytes::Bytes;
use std::{
    io::{self, Read},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of the largest piece that is copied.
pub(crate) const PIECE: u64 = LARGEST as u64;
const LARGEST: usize = 64 << 10;

/// Most buffers that wait for their next use. The kernel has to fill the pages of a
/// new one with zeros first, which takes half as long as all the rest.
const SPARE: usize = 64;

/// Where pieces are copied to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies(Arc<Mutex<Vec<Vec<u8>>>>);

impl Copies {
    /// The next bytes of a reader, at most [`PIECE`], as part of `room`.
    pub(crate) fn copy(
        &self,
        from: &mut impl Read,
        size: u64,
        room: &mut Room,
    ) -> io::Result<Bytes> {
        let mut buffer = self.buffer(usize::try_from(size).expect("a piece is small"));
        from.take(size).read_to_end(&mut buffer)?;
        if buffer.len() as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let room = room.split(buffer.len());
        Ok(Bytes::from_owner(Copy { buffer, copies: self.clone(), _room: room }))
    }

    /// One of the very size: whoever is slow must not hold more than is counted.
    fn buffer(&self, size: usize) -> Vec<u8> {
        let spare = if size == LARGEST { self.spare().pop() } else { None };
        spare.unwrap_or_else(|| Vec::with_capacity(size))
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy that takes its part of some room, and whose buffer goes back.
struct Copy {
    buffer: Vec<u8>,
    copies: Copies,
    _room: Room,
}

impl AsRef<[u8]> for Copy {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let mut spare = self.copies.spare();
        if self.buffer.len() == LARGEST && spare.len() < SPARE {
            self.buffer.clear();
            spare.push(std::mem::take(&mut self.buffer));
        }
    }
}

/// A part of a buffer that takes all of some room together with the others.
struct Lent {
    bytes: Bytes,
    _room: Arc<Room>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that take `room` until they and all others that share it have left.
pub(crate) fn lent(bytes: Bytes, room: &Arc<Room>) -> Bytes {
    Bytes::from_owner(Lent { bytes, _room: Arc::clone(room) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::budget::{Budget, Shares};
    use std::net::{IpAddr, Ipv4Addr};

    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn take(shares: &Arc<Shares>, bytes: usize) -> Room {
        shares.try_take(CLIENT, bytes).expect("nobody else has it")
    }

    #[test]
    fn the_buffer_of_a_large_copy_is_used_again_and_a_small_one_takes_its_size() {
        let budget = Budget::new();
        let mut room = take(&budget.flowing, 3 * LARGEST);
        let mut from = io::repeat(7).take(2 * PIECE + 3);
        let mut copy = |size| budget.copies.copy(&mut from, size, &mut room);
        let first = copy(PIECE).unwrap();
        let place = first.as_ptr();
        assert!(first.len() == LARGEST && first.iter().all(|byte| *byte == 7));
        drop(first);
        let small = copy(3).unwrap();
        assert_eq!(&small[..], [7; 3]);
        let second = copy(PIECE).unwrap();
        assert_eq!((second.as_ptr(), second.len()), (place, LARGEST));
        assert_eq!(copy(1).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        drop((small, second));
        assert_eq!(budget.copies.buffer(3).capacity(), 3);
    }

    #[test]
    fn what_is_lent_takes_all_of_its_room_until_the_last_of_it_has_left() {
        let budget = Budget::new();
        let mut all = 1;
        while let Some(room) = budget.lent.try_take(CLIENT, all * 2) {
            drop(room);
            all *= 2;
        }
        let room = Arc::new(take(&budget.lent, all));
        let pieces = [&b"bot"[..], b"tari"].map(|piece| lent(Bytes::from_static(piece), &room));
        drop(room);
        let [first, last] = pieces;
        drop(first);
        assert!(budget.lent.try_take(CLIENT, all).is_none());
        assert_eq!(&last[..], b"tari");
        drop(last);
        drop(take(&budget.lent, all));
    }
}
