//! Why the cards could not be asked, and how to go on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Exit, Fault, fault};

/// How to work without cards that answer.
pub const WITHOUT: &str = "to go on without asking, name how many runs may share the machine: `gpu.source = \"fixed\"` and `gpu.count`";

/// Why nobody told which cards there are.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// What the system or NVIDIA's software says.
    pub why: String,
}

/// What stands in the way of asking the cards.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Obstacle {
    /// NVIDIA's library cannot be loaded, and there is no `nvidia-smi`.
    Library,
    /// They are installed, but the kernel has no driver for them.
    Driver,
    /// The driver answers with an error.
    Answer,
}

impl Failure {
    /// What says this.
    pub fn new(obstacle: Obstacle, why: impl fmt::Display) -> Self {
        Self { obstacle, why: why.to_string() }
    }

    /// What can be done about it, but for going on without.
    fn remedy(&self) -> &'static str {
        match self.obstacle {
            Obstacle::Library => {
                "install NVIDIA's driver, or say where its library is: `gpu.library = \"/…/libnvidia-ml.so.1\"`"
            }
            Obstacle::Driver => {
                "load it with `sudo modprobe nvidia`, or reboot after an update of the driver"
            }
            Obstacle::Answer => {
                "look at what `nvidia-smi` says; after an update of the driver a reboot helps"
            }
        }
    }

    /// All of it in a line, for where it is no error.
    pub fn hint(&self) -> String {
        format!("{self}; {}; {WITHOUT}", self.remedy())
    }

    /// The error that it is for somebody who asked for cards.
    pub fn fault(&self) -> Fault {
        fault(self.to_string()).hint(self.remedy()).hint(WITHOUT).exit(Exit::NoCard)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.obstacle {
            Obstacle::Library => "NVIDIA's library cannot be loaded, and `nvidia-smi` is not there",
            Obstacle::Driver => "NVIDIA's driver is not loaded",
            Obstacle::Answer => "NVIDIA's driver cannot tell the cards",
        };
        write!(f, "{what} ({})", self.why)
    }
}
