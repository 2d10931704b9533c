//! Cards: where gx learns about them, how the trainer is told about its own, and what is known of one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where gx learns about cards.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// [`Source::Nvml`] where it works, else [`Source::None`].
    Auto,
    /// NVIDIA's management library, or `nvidia-smi` where that cannot be loaded.
    Nvml,
    /// A fixed number of made-up cards.
    Fixed,
    /// There are none.
    None,
}

impl Source {
    /// Its word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Nvml => "nvml",
            Self::Fixed => "fixed",
            Self::None => "none",
        }
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Auto, Self::Nvml, Self::Fixed, Self::None];
        all.into_iter()
            .find(|source| source.word() == word)
            .ok_or_else(|| format!("must be \"auto\", \"nvml\", \"fixed\" or \"none\", not {word:?}"))
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.word().to_owned()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How the trainer is told which cards are its own.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Visible {
    /// By index, in the order of the PCI bus.
    Index,
    /// By UUID.
    Uuid,
}

impl TryFrom<String> for Visible {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "index" => Ok(Self::Index),
            "uuid" => Ok(Self::Uuid),
            _ => Err(format!("must be \"index\" or \"uuid\", not {word:?}")),
        }
    }
}

/// A card as it was when it was asked about.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// Its number, in the order of the PCI bus.
    pub index: u32,
    /// The name that stays the same across reboots; locks go by it.
    pub uuid: String,
    /// The model, such as `NVIDIA H100 80GB HBM3`.
    pub name: String,
    /// Its memory in bytes.
    pub memory_total: Option<u64>,
    /// How much of it is taken, in bytes.
    pub memory_used: Option<u64>,
    /// How busy it is, in percent.
    pub utilisation: Option<u32>,
    /// In degrees Celsius.
    pub temperature: Option<u32>,
    /// What it draws, in watts.
    pub power: Option<f64>,
    /// What it may draw, in watts.
    pub power_limit: Option<f64>,
    /// The processes that compute on it.
    pub processes: Vec<Occupant>,
    /// Why it cannot be used, where it cannot: lost, an error of each question about it.
    pub trouble: Option<String>,
}

/// A process that computes on a card.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// Its number; inside a container it may be one of the host.
    pub pid: u32,
    /// The card's memory that it has, in bytes.
    pub memory: Option<u64>,
}

/// The cards of the machine as they were when they were asked about.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
pub struct Inventory {
    /// Who told; never [`Source::Auto`].
    pub source: Source,
    /// The driver's version, where there is one.
    pub driver: Option<String>,
    /// The cards, by index.
    pub cards: Vec<Card>,
    /// What to do where there are none.
    pub hint: Option<String>,
}
