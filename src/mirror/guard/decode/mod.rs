//! Everything that can be read in a file: its bytes, the text in them, and what lies in archives.

mod archive;
mod kind;
pub mod open;
mod opening;
pub mod part;
pub mod spelled;
mod utf16;
