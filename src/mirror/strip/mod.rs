//! What is left of private trees and histories without what is private.

pub mod descent;
pub mod ground;
pub mod headers;
pub mod history;
pub mod memory;
pub mod mentions;
pub mod parents;
pub mod rewrite;
pub mod section;
pub mod sights;
pub mod tree;
pub mod words;
