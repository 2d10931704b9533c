//! The story of a run: from the lock of the work tree to the roll back, and its repair when it was cut short.

pub mod attempt;
pub mod begin;
pub mod begun;
pub mod conclude;
pub mod environment;
pub mod event;
pub mod external;
pub mod hook;
pub mod import;
pub mod judge;
pub mod lock;
pub mod mark;
pub mod outcome;
pub mod plan;
pub mod restore;
pub mod reverdict;
pub mod runner;
pub mod scope;
pub mod seal;
pub mod settle;
pub mod setup;
pub mod tag;
