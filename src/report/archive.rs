//! What was archived, would be, or has come back.

use serde::Serialize;

use crate::model::id::ExperimentId;

/// The answer of `gx archive`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Archived {
    /// The ref that keeps them alive; nothing where nothing was archived.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Those that were archived, or would be.
    pub experiments: Vec<ExperimentId>,
    /// Those that have a ref of their own again.
    pub restored: Vec<ExperimentId>,
    /// How many finished ones keep a ref of their own.
    pub left: usize,
    /// How many keep it because they are not finished.
    pub open: usize,
    /// Whether nothing was changed.
    pub is_plan: bool,
    /// What to do next.
    pub next: Option<String>,
}
