//! Looking over everything that gx rests on: a check a file, and for each finding the command that mends it.

mod cards;
pub mod checks;
mod configuration;
mod disk;
pub mod finding;
mod git;
pub mod ground;
mod hooks;
mod index;
mod journal;
mod locks;
mod notes;
mod objects;
mod pending;
mod refs;
mod snapshots;
mod upkeep;
mod worktrees;
