//! The hooks that ask the guard: their scripts, what Git tells them, and the alarm where one was passed by.

pub mod alarm;
pub mod chain;
pub mod install;
pub mod passed;
pub mod probe;
pub mod script;
