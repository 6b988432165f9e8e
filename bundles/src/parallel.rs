//! Bounded work on plain threads: hashing and compression are CPU work, and
//! none of it belongs on an async runtime.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Runs `work` on every item, at most `jobs` at once, each thread with a state
/// of its own (a buffer). The first error stops the rest and is returned.
pub(crate) fn for_each<T: Sync, S, E: Send>(
    jobs: usize,
    items: &[T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let one_thread = || {
        let mut state = state();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            work(&mut state, item).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..jobs.clamp(1, items.len().max(1))).map(|_| scope.spawn(one_thread)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("work does not panic"))
    })
}

/// Runs `work` on everything `input` gives, at most `jobs` at once, and hands
/// the results to `take` in the order of the input. At most `2 * jobs` items
/// are in memory. The first error, of whichever of the three, is returned.
pub(crate) fn ordered<T: Send, R: Send, E: Send>(
    jobs: usize,
    mut input: impl FnMut() -> Result<Option<T>, E>,
    work: impl Fn(T) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let (jobs, limit) = (jobs.max(1), 2 * jobs.max(1));
    let (send, receive) = mpsc::sync_channel::<(T, mpsc::SyncSender<Result<R, E>>)>(limit);
    let receive = Mutex::new(receive);
    let one_thread = || {
        loop {
            let job = receive.lock().expect("no thread panics with the lock").recv();
            let Ok((item, answer)) = job else { break };
            // Nobody listens any more when another step has failed.
            let _ = answer.send(work(item));
        }
    };
    thread::scope(|scope| {
        let send = send; // dropped at the end of this closure: the threads then stop
        (0..jobs).for_each(|_| {
            scope.spawn(one_thread);
        });
        let mut waiting = VecDeque::new();
        let mut pop =
            |waiting: &mut VecDeque<mpsc::Receiver<Result<R, E>>>| match waiting.pop_front() {
                Some(answer) => take(answer.recv().expect("work answers every job")?),
                None => Ok(()),
            };
        while let Some(item) = input()? {
            if waiting.len() == limit {
                pop(&mut waiting)?;
            }
            let (answer, listen) = mpsc::sync_channel(1);
            send.send((item, answer)).expect("the threads live as long as this scope");
            waiting.push_back(listen);
        }
        while !waiting.is_empty() {
            pop(&mut waiting)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_item_is_worked_on_once() {
        let seen: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
        let items: Vec<usize> = (0..100).collect();
        for_each(
            7,
            &items,
            || (),
            |(), n| {
                seen[*n].fetch_add(1, Ordering::Relaxed);
                Ok::<_, ()>(())
            },
        )
        .unwrap();
        assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn the_first_error_stops_the_rest() {
        let done = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let result = for_each(
            2,
            &items,
            || (),
            |(), n| {
                done.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_micros(200));
                if *n == 3 { Err("three") } else { Ok(()) }
            },
        );
        assert_eq!(result, Err("three"));
        assert!(done.load(Ordering::Relaxed) < 1000);
    }

    #[test]
    fn results_arrive_in_order_however_long_each_takes() {
        let mut next = 0..50u64;
        let mut out = Vec::new();
        ordered(
            4,
            || Ok::<_, ()>(next.next()),
            |n| {
                thread::sleep(Duration::from_micros((n * 7919) % 500));
                Ok(n)
            },
            |n| {
                out.push(n);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(out, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_of_any_step_ends_it() {
        let mut next = 0..50u64;
        let error = ordered(
            2,
            || Ok(next.next()),
            |n| if n == 9 { Err("work") } else { Ok(n) },
            |_| Ok(()),
        );
        assert_eq!(error, Err("work"));
        let mut next = 0..50u64;
        let error =
            ordered(2, || Ok(next.next()), Ok, |n| if n == 9 { Err("take") } else { Ok(()) });
        assert_eq!(error, Err("take"));
        let error = ordered(2, || Err::<Option<u64>, _>("input"), Ok, |_| Ok(()));
        assert_eq!(error, Err("input"));
    }
}
