//! Git: the one room that knows libgit2 and the `git` program; what leaves it is owned data.

mod admin;
pub mod artifacts;
pub mod bulk;
pub mod census;
pub mod checkout;
pub mod command;
pub mod config;
pub mod create;
pub mod dated;
pub mod diff;
pub mod follow;
pub mod history;
pub mod linked;
pub mod links;
pub mod notes;
pub mod object;
pub mod pager;
pub mod plain;
pub mod quiet;
pub mod refs;
pub mod repo;
pub mod snapshot;
pub mod strays;
mod sweep;
pub mod transaction;
pub mod upkeep;
pub mod worktree;
