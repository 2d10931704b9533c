//! The cards of the machine: which there are, who has them, and waiting for one's turn without a daemon.

pub mod bus;
pub mod choice;
pub mod claim;
pub mod drain;
pub mod failure;
pub mod fitness;
pub mod folder;
pub mod inventory;
pub mod lease;
pub mod news;
pub mod nvml;
pub mod offer;
pub mod query;
pub mod queue;
pub mod reason;
pub mod rivals;
pub mod settle;
pub mod shared;
pub mod slots;
pub mod smi;
pub mod ticket;
pub mod trouble;
pub mod view;
pub mod waiter;
pub mod watch;
