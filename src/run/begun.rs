//! What a run has in hand once it has begun.

use std::ffi::OsString;
use std::time::SystemTime;

use serde_json::Value;

use crate::model::id::ExperimentId;
use crate::model::path::RepoPath;
use crate::model::status::Status;
use crate::run::event::Beginning;
use crate::run::runner::Given;
use crate::store::pending::{Held, Pending};

/// An experiment that has its name and its record.
pub(super) struct Begun {
    pub(super) held: Held,
    pub(super) id: ExperimentId,
    pub(super) others: Vec<RepoPath>,
    /// No file that is older holds results of this run.
    pub(super) since: SystemTime,
}

impl Begun {
    /// Its task's place among the pending runs.
    pub(super) fn pending(&self) -> &Pending {
        &self.held.pending
    }

    /// For those who listen.
    pub(super) fn beginning(&self, status: Status) -> Beginning {
        let pending = self.pending();
        Beginning {
            id: self.id.clone(),
            uuid: pending.uuid.clone(),
            snapshot: pending.snapshot,
            tag: self.text("tag").to_owned(),
            status,
            given: Given { scope: pending.scope.clone(), others: self.others.clone() },
        }
    }

    /// What the command finds in its environment.
    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let pending = self.pending();
        let task = pending.task.as_ref();
        let fixed = [
            ("GX_EXPERIMENT".to_owned(), self.id.to_string()),
            ("GX_TAG".to_owned(), self.text("tag").to_owned()),
            ("GX_UUID".to_owned(), pending.uuid.clone()),
        ];
        let seed = task.and_then(|task| task.seed).map(|seed| ("GX_SEED".to_owned(), seed.to_string()));
        let params = task.into_iter().flat_map(|task| &task.params);
        let params = params.map(|(name, value)| (variable(name), value.clone()));
        let all = fixed.into_iter().chain(seed).chain(params);
        all.map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn text(&self, key: &str) -> &str {
        self.pending().begin.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// `GX_PARAM_LR` for `lr`: what is no letter or digit becomes `_`.
fn variable(name: &str) -> String {
    let upper = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    format!("GX_PARAM_{}", upper.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_variables() {
        assert_eq!(variable("lr"), "GX_PARAM_LR");
        assert_eq!(variable("warm-up.steps"), "GX_PARAM_WARM_UP_STEPS");
    }
}
