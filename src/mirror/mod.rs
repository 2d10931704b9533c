//! The private repository and its public mirror: what may leave, what comes down, what goes up.

pub mod checkup;
pub mod guard;
pub mod hook;
pub mod policy;
