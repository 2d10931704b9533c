//! What is private, what may live nowhere, and who may say otherwise.

pub mod file;
pub mod terms;
pub mod write;
