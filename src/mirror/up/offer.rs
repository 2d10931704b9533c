//! What a plan would publish, commit by commit, and what it holds back.

use serde::{Deserialize, Serialize};

use crate::mirror::up::wanted::Clash;
use crate::model::object::ObjectId;

/// A commit that would be public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// It.
    pub public: ObjectId,
    /// What it was made of.
    pub private: Vec<ObjectId>,
    /// Its whole message.
    pub message: String,
    /// Whose it is, as everybody will read it.
    pub author: String,
    /// Who made the commit.
    pub committer: String,
    /// What it changes: `A`, `M` or `D`, and the path.
    pub files: Vec<String>,
    /// What was left out.
    pub withheld: Vec<String>,
    /// Whether its own words were left out.
    pub is_silent: bool,
}

/// Something that stays private, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// A commit, an experiment or a path.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What building came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Built(Built),
    /// Somebody has to decide first.
    Clash(Clash),
}

/// What was built for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// The tip; nothing where there is nothing to publish.
    pub tip: Option<ObjectId>,
    /// Private and public commit of each that is new, parents first.
    pub pairs: Vec<(ObjectId, ObjectId)>,
    /// Whether each's own words were left out; as long as [`Self::pairs`].
    pub silent: Vec<bool>,
    /// What stays private.
    pub withheld: Vec<Withheld>,
}
