//! One small HTTP client: it talks to the places that it was made for, follows no
//! redirect, uses no proxy, and keeps connections open for the next request.

mod answer;
mod line;
mod pool;
mod tls;
mod watch;

pub(super) use answer::Answer;
pub(super) use line::Place;
pub(super) use pool::Pool;
pub(super) use tls::authorities;
pub(super) use watch::Progress;
