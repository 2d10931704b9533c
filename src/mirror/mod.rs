//! The private repository and its public mirror: what may leave, what comes down, what goes up.

pub mod configured;
pub mod down;
pub mod guard;
pub mod pairs;
pub mod policy;
pub mod strip;
