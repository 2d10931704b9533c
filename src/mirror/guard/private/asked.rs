//! What was ever private here, as the check of an upload asks for it.

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::limits::{LATE, Limits};
use crate::mirror::guard::private::grow::Grown;
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::remedies::bring;
use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;

impl Index {
    /// Brought up to date with this clone and with what would leave; nothing where nobody compares. What cannot be
    /// looked at is a finding.
    ///
    /// # Errors
    /// The repository cannot be read, or the index not be written.
    pub fn for_upload(case: &Case<'_>, updates: &[Update], limits: &Limits) -> Result<Self> {
        let tips: Vec<ObjectId> = updates.iter().filter_map(|update| update.new).collect();
        if tips.is_empty() || !case.is_public() || !case.policy.looks_for_copies() {
            return Ok(Self::default());
        }
        let mut index = Self::read(case.repo, case.policy);
        match index.grow(case.repo, case.policy, &tips, limits) {
            Ok(Grown::Whole) => {}
            Err(error) if !is_torn(&error) => return Err(error),
            Err(error) if !limits.is_over() => {
                let helps = [&*bring(case.repo), "git fsck"];
                case.unchecked(format!("{error:#}"), Spot::default(), &helps);
            }
            Ok(Grown::Late) | Err(_) => case.unchecked(LATE, Spot::default(), &["gx guard scan"]),
        }
        Ok(index)
    }
}
