//! Other programs: starting them, watching over them, ending them, and reading what they wrote.

pub mod child;
pub mod command;
pub mod detached;
pub mod errands;
pub mod fail;
pub mod family;
pub mod file;
pub mod find;
pub mod foreground;
pub mod group;
pub mod identity;
pub mod interrupt;
pub mod kinship;
pub mod log;
pub mod output;
pub mod pager;
pub mod priority;
pub mod signal;
pub mod spawn;
pub mod supervise;
pub mod supervisor;
pub mod talk;
pub mod wait;
