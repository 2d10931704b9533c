//! Sharing experiments with other clones through a remote.

pub mod adopt;
pub mod exchange;
mod join;
pub mod memory;
pub mod plan;
pub mod pull;
pub mod push;
pub mod records;
pub mod site;
pub mod standing;
pub mod tracking;
pub mod trust;
