//! A database of all experiments beside the repository: derived from refs and notes, quick to ask, lost without harm.

pub(super) mod answers;
mod build;
mod catch_up;
mod cell;
mod columns;
pub(super) mod compare;
mod condition;
mod contents;
mod entry;
pub(super) mod file;
mod highest;
mod ids;
mod ranks;
pub(super) mod reading;
mod schema;
mod select;
pub mod sql;
mod state;
mod turn;
mod writer;
