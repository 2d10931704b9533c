//! The guard: looks at everything that an upload would send, and says what may not leave and why.

mod address;
pub mod ask;
pub mod case;
pub mod check;
pub mod decode;
pub mod destination;
pub mod disk;
mod exceptions;
pub mod finding;
pub mod frontier;
pub mod headers;
pub mod known;
pub mod leaving;
pub mod limits;
mod look;
pub mod paths;
pub mod private;
mod read_blobs;
pub mod remedies;
pub mod rule;
pub mod rules;
pub mod scan;
pub mod secrets;
pub mod tidy;
pub mod update;
pub mod upload;
mod walk;
