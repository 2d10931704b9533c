//! What the doctor looks at of the guard and the mirror.

pub mod files;
pub mod finding;
pub mod hooks;
pub mod list;
pub mod remotes;
pub mod workflows;
