//! Mistakes of the user: each gets the thing, a hint and an exit code, and nothing is written.

mod arguments;
mod disk;
mod experiments;
mod repository;
mod settings;
