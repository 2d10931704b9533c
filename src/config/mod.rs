//! What gx has been told to do: the keys, their defaults, and the layers that set them.

pub mod check;
pub mod defaults;
pub mod document;
pub mod globs;
pub mod layers;
pub mod names;
pub mod nearest;
pub mod preset;
pub mod schema;
pub mod store;
pub mod ui;
pub mod units;
pub mod words;
