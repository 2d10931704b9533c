//! Setting up a clone between a private repository and its public mirror.

pub mod apply;
pub mod block;
pub mod plan;
pub mod policy;
pub mod remotes;
