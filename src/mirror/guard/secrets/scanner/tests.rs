//! What the scanner finds, and what it leaves alone.

mod corpus;
pub(crate) mod dice;
mod engine;
mod found;
mod look_alikes;
mod peer;
