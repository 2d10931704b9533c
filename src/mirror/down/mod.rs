//! From the public repository into the private one: what upstream has done is joined with what is private.

pub mod anchors;
pub mod carry;
pub mod checks;
pub mod conflict;
pub mod finish;
pub mod ground;
pub mod plan;
pub mod rebase;
pub mod resume;
pub mod send;
pub mod sight;
pub mod state;
pub mod trees;
