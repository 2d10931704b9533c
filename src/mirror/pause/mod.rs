//! A sync that stops until somebody has decided, whichever way it goes.

pub mod leave;
pub mod record;
pub mod rehearsal;
pub mod resolve;
