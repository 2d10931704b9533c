//! What is private, what may live nowhere, and who may say otherwise.

pub mod file;
pub mod mend;
pub mod names;
pub mod own_rules;
pub mod sources;
pub mod spelling;
pub mod terms;
pub mod write;
