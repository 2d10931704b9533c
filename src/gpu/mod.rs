//! The cards of the machine: which there are, who has them, and waiting for one's turn without a daemon.

pub mod bus;
pub mod choice;
pub mod failure;
pub mod health;
pub mod inventory;
pub mod nvml;
pub mod query;
pub mod smi;
pub mod trouble;
