//! A private repository and its public mirror: setting up, the way down, and the way up.

mod conflict;
mod down;
mod dry;
mod formats;
mod killed;
mod setup;
mod standing;
mod up;
mod world;
