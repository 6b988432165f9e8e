//! Whole runs on three hosts, stopped everywhere.

mod failing;
mod locks;
mod sample;
mod stopping;
mod walking;
