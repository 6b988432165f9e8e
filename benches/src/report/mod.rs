//! The table: what we took, what others took, and what was aimed at.

mod bundle;
mod machine;
mod row;
mod serve;
mod table;

pub(crate) use bundle::{limits, mega, rows};
pub(crate) use machine::Machine;
pub(crate) use row::{Goal, Row};
pub(crate) use serve::serve_rows;
pub(crate) use table::{goals_table, print};
