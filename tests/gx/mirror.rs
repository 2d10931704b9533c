//! A private repository and its public mirror: setting up, and the way down.

mod conflict;
mod down;
mod killed;
mod setup;
mod standing;
mod world;
