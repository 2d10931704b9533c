//! The cards of the machine: which there are, who has them, and waiting for one's turn without a daemon.

pub mod choice;
pub mod inventory;
