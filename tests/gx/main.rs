//! The built program against real repositories: a module per command or promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a test that must be skipped says so")]

mod agents;
mod archive;
mod bad_input;
mod cards;
mod commands;
mod concurrency;
mod crowd;
mod detached;
mod doctor;
mod documents;
mod external;
mod feed;
mod formats;
mod frozen;
mod gpus;
mod guard;
mod import;
mod index;
mod interrupts;
mod killed;
mod mirror;
mod restore;
mod reverdict;
mod rollback;
mod run;
mod scope;
mod setup;
mod sharing;
mod snapshot;
mod stress;
mod support;
mod terminal;
mod unfit;
mod unrecorded;
mod upkeep;
