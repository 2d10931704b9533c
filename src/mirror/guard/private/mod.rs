//! What was ever private here: the files themselves, their lines, what their LFS pointers name.

pub mod asked;
pub mod compare;
pub mod grow;
pub mod index;
pub mod lines;
mod public;
pub mod said;
mod views;
