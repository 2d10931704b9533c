//! How long the guard may look: a hook runs while the other side waits, and an idle connection is dropped.

use std::time::{Duration, Instant};

/// What is told where it was over.
pub const LATE: &str = "the time was over before everything was looked at";

/// How far a check may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// When it must have ended; what was not looked at until then is unchecked, and nothing leaves.
    pub deadline: Option<Instant>,
}

impl Limits {
    /// As long as it takes.
    pub fn none() -> Self {
        Self::default()
    }

    /// This long from now.
    pub fn within(budget: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(budget) }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
