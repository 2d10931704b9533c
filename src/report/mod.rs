//! Answers as data: one file an answer, each the same for a table, for `--json` and for whoever asks later.

pub mod archive;
pub mod best;
pub mod columns;
pub mod diff;
pub mod doctor;
pub mod done;
pub mod export;
pub mod gc;
pub mod gpus;
pub mod guard;
pub mod list;
pub mod near;
pub mod now;
pub mod outcome;
pub mod recovered;
pub mod row;
pub mod sarif;
pub mod settings;
pub mod shared;
pub mod show;
pub mod store;
pub mod tags;
pub mod waited;
pub mod worktrees;
