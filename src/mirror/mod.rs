//! The private repository and its public mirror: what may leave, what comes down, what goes up.

pub mod annals;
pub mod checkup;
pub mod configured;
pub mod down;
pub mod exchange;
pub mod guard;
pub mod hook;
pub mod keys;
pub mod pairs;
pub mod pause;
pub mod policy;
pub mod setup;
pub mod standing;
pub mod strip;
pub mod up;
