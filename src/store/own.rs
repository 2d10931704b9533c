//! What this clone has tried itself, apart from what others have brought.

use anyhow::Result;

use crate::model::summary::Summary;
use crate::store::experiments::{Store, Stored};

impl Store<'_> {
    /// The experiments of this clone, with what verdicts rest on: a result of another machine, perhaps with other cards
    /// and another time budget, decides about none of its own.
    ///
    /// # Errors
    /// As [`Store::summaries`].
    pub fn own_summaries(&self) -> Result<Vec<(Stored, Summary)>> {
        let mut all = self.summaries()?;
        all.retain(|(stored, _)| stored.id.site().is_none());
        Ok(all)
    }
}
