//! gx: every machine-learning experiment of a repository, kept or discarded, recorded in Git.
//!
//! The rooms stand on floors, and a room imports only from floors below its own;
//! `docs/architecture.md` is the map and `tests/architecture.rs` keeps it true.

pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod git;
pub mod gpu;
pub mod lab;
pub mod mirror;
pub mod model;
pub mod process;
pub mod report;
pub mod research;
pub mod run;
pub mod store;
pub mod ui;
