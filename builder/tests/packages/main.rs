//! Our closure of OS packages beside apt's own choice, on the indexes that this
//! machine's apt has, and our repository before stock apt.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

mod apt;
mod in_release;
mod installing;
mod judged;
mod keys;
mod oracle;
mod repository;
mod small;
