//! Work on all processors.

use crate::problem::Result;
use std::{
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How many processors there are.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Works on every item, one on each processor at a time; results in their order.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(usize, &T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    on(cores(), items, work)
}

/// The same on so many threads.
pub(crate) fn on<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let one_thread = || -> Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(()) };
            let result = work(index, item)?;
            done.lock().expect("no thread panics with the lock").push((index, result));
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one_thread)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("work does not panic"))
    })?;
    let mut done = done.into_inner().expect("no thread panics with the lock");
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_have_the_order_of_the_items() {
        let doubled = super::map(&[1, 2, 3, 4, 5], |_, item| Ok(item * 2)).unwrap();
        assert_eq!(doubled, [2, 4, 6, 8, 10]);
    }

    #[test]
    fn one_that_fails_fails_all() {
        let result = super::map(&[1, 2], |_, it| if *it == 2 { Err("two".into()) } else { Ok(()) });
        assert_eq!(result.unwrap_err().to_string(), "two");
    }
}
