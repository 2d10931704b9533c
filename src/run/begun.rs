//! What a run has in hand once it has begun.

use std::ffi::OsString;
use std::time::SystemTime;

use serde_json::Value;

use crate::model::id::ExperimentId;
use crate::model::path::RepoPath;
use crate::store::pending::Held;

/// An experiment that has its name and its record.
pub(super) struct Begun {
    pub(super) held: Held,
    pub(super) id: ExperimentId,
    pub(super) command: Vec<String>,
    pub(super) params: Vec<(String, String)>,
    pub(super) others: Vec<RepoPath>,
    pub(super) since: SystemTime,
}

impl Begun {
    /// What the command finds in its environment.
    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let tag = self.held.pending.begin.get("tag").and_then(Value::as_str).unwrap_or_default();
        let fixed =
            [("GX_EXPERIMENT".to_owned(), self.id.to_string()), ("GX_TAG".to_owned(), tag.to_owned())];
        let params = self.params.iter().map(|(name, value)| (variable(name), value.clone()));
        fixed.into_iter().chain(params).map(|(name, value)| (name.into(), value.into())).collect()
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
