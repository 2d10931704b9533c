//! The guard: looks at everything that an upload would send, and says what may not leave and why.

pub mod case;
pub mod check;
pub mod decode;
pub mod destination;
pub mod finding;
pub mod rule;
pub mod rules;
pub mod secrets;
pub mod update;
