//! How many faults a run tries, with which seed, and the lines that say so.

use std::{env, io, io::Write};

/// Asks for all faults.
const EFFORT: &str = "BOTTARI_FAULTS";

/// Repeats a run, or makes another one.
const SEED: &str = "BOTTARI_FAULTS_SEED";

/// The seed of every run that names none: what fails in CI fails here.
const USUAL: u64 = 0x0b0_77a2;

/// `few` in an ordinary run, `all` when everything is asked for.
pub(crate) fn count(few: usize, all: usize) -> usize {
    match env::var(EFFORT).as_deref() {
        Ok("all") => all,
        Ok(other) => panic!("`{EFFORT}` is `{other}`, expected `all` or nothing"),
        Err(_) => few,
    }
}

/// The seed of this run.
pub(crate) fn seed() -> u64 {
    let given = env::var(SEED).ok();
    given.map_or(USUAL, |text| text.parse().expect("a seed is a number"))
}

/// What chance decides in case `number`, the same for the same seed.
pub(crate) fn chance(number: usize) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed() ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Says how many faults there were, past the capture of the test's output.
pub(crate) fn tell(what: &str) {
    // A closed terminal is no reason to fail.
    let _said = writeln!(io::stderr(), "\nFAULTS: {what} (seed {})\n", seed());
}
