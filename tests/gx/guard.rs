//! The guard before a push: real pushes between real repositories, each with what becomes of it.

mod audit;
mod clones;
mod commands;
mod formats;
mod history;
mod hooks;
mod layouts;
mod learned;
mod ordinary;
mod paths;
mod protocol;
mod refs;
mod secrets;
mod terms;
mod urls;
mod widths;
pub mod world;
