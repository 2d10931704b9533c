//! What is drawn from many experiments at once, and the files in which others keep theirs.

pub mod dvc;
pub mod ranking;
pub mod results;
