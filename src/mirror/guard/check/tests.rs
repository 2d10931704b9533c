//! What a push of real commits to real addresses comes to.

use super::*;

mod copies;
mod disguises;
mod paths;
mod published;
mod ranges;
mod refs;
mod secrets;
mod texts;
mod world;
