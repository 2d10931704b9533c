//! What the policy gave up, or would.

use serde::Serialize;

/// The answer of `gx gc`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Collected {
    /// What went, or would, by kind.
    pub expired: Vec<Share>,
    /// The bytes of all of it.
    pub bytes: u64,
    /// Whether nothing was changed.
    pub is_plan: bool,
    /// What packing came to; nothing for a plan.
    pub upkeep: Option<String>,
    /// What to do next.
    pub next: Option<String>,
}

/// Things of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// `trash logs artifacts journal leftovers worktrees`.
    pub kind: &'static str,
    /// How many.
    pub count: usize,
    /// How many bytes they take, as far as that is known.
    pub bytes: u64,
    /// What they are called.
    pub names: Vec<String>,
    /// Why they go.
    pub why: String,
}
