//! Where experiments live: refs for the code, notes for the records, a journal for the power cut.

pub mod archive;
pub mod archiving;
pub mod aside;
mod begun;
pub mod budget;
pub mod census;
pub mod choice;
pub mod doctor;
mod durably;
pub mod experiments;
pub mod expiry;
pub mod flush;
pub mod index;
pub mod journal;
pub mod logs;
pub mod moment;
mod patience;
pub mod pending;
pub mod ranks;
pub mod repair;
pub mod resolve;
pub mod settle;
pub mod share;
pub mod stranded;
pub mod trash;
pub mod upkeep;
