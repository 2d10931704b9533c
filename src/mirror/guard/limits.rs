//! How far the guard looks, and how long: a hook runs while the other side waits, and an idle connection is dropped.

use std::time::{Duration, Instant};

use crate::mirror::guard::frontier::Hide;

/// What is told where it was over.
pub const LATE: &str = "the time was over before everything was looked at";

/// How far a check may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// When it must have ended; what was not looked at until then is unchecked, and nothing leaves.
    pub deadline: Option<Instant>,
    /// What need not be looked at.
    pub hide: Hide,
}

impl Limits {
    /// As long as it takes.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same for what is out already: that it is known to be out hides nothing.
    pub fn of_published() -> Self {
        Self { hide: Hide::Whole, ..Self::default() }
    }

    /// This long from now.
    pub fn within(budget: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(budget), ..Self::default() }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
