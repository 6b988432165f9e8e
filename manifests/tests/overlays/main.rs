//! Overlays as a site writes them: what a release becomes, and what is said when
//! the two do not go together.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod folders;
mod guide;
mod laying;
mod mistakes;
