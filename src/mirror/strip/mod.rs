//! What is left of private trees and histories without what is private.

pub mod tree;
