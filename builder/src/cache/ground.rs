//! Where bytes that arrive go beside the cache, or instead of it.

use bundles::{Landing, Place};
use manifests::Digest;
use std::collections::BTreeSet;

/// A bundle under way, and what the cache gets all the same.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The bundle.
    pub landing: &'a Landing<'a>,
    /// The only blobs that the cache gets; `None` when it gets all of them.
    pub cached: Option<&'a BTreeSet<Digest>>,
}

/// What becomes of the bytes of one blob.
#[derive(Debug, Default)]
pub struct Destination {
    /// Its place in the bundle.
    pub place: Option<Place>,
    /// Whether the cache does without it.
    pub only_there: bool,
}

impl<'a> Ground<'a> {
    /// Where this blob goes. One without a place goes into the cache in any case.
    pub fn destination(&self, digest: &Digest) -> Destination {
        let place = self.landing.place(digest);
        let only_there = place.is_some() && self.cached.is_some_and(|kept| !kept.contains(digest));
        Destination { place, only_there }
    }

    /// The blobs that must come one after the other to have a place; none when
    /// the cache gets them, which then are faster side by side.
    pub fn in_order(&self) -> Vec<&'a Digest> {
        match self.cached {
            Some(_) => self.landing.in_order().collect(),
            None => Vec::new(),
        }
    }
}
