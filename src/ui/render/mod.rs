//! How each answer looks on a screen.

pub mod archive;
pub mod diff;
pub mod doctor;
pub mod done;
pub mod gc;
pub mod gpus;
pub mod guard;
pub mod list;
pub mod long_list;
pub mod mirror;
pub mod outcome;
pub mod recovered;
pub mod shared;
pub mod show;
pub mod store;
pub mod summary;
pub mod sync;
pub mod sync_up;
pub mod waited;
pub mod worktrees;
