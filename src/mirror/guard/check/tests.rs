//! What a push of real commits to real addresses comes to.

use super::*;

mod paths;
mod ranges;
mod refs;
mod secrets;
mod world;
