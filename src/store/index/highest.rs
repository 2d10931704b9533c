//! The number that a new experiment must be above.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::archive::ARCHIVES;
use crate::store::experiments::Store;
use crate::store::index::catch_up::loose;
use crate::store::index::contents::Contents;
use crate::store::index::file::{Access, IndexFile};
use crate::store::index::reading::has_tables;
use crate::store::index::state::{Key, PREFIXES, State};

impl Store<'_> {
    /// The highest number that this clone has given out: by an index that need not be up to date, and all that is loose.
    ///
    /// Nothing where packed refs or archives are others than those that the index knows.
    fn highest_by_index(&self, state: &State) -> Result<Option<u64>> {
        let mut index = self.index.borrow_mut();
        if !self.has_index || index.as_ref().is_some_and(IndexFile::is_gone) {
            return Ok(None);
        }
        let mut file = match index.take() {
            Some(file) => file,
            None => IndexFile::open(&self.repo.gx_dir(), Access::Write)?,
        };
        let transaction = file.connection.transaction()?;
        let known = if has_tables(&transaction)? { Key::read(&transaction)? } else { None };
        let is_known = known.is_some_and(|known| known.has_packed_of(&state.key(file.inode)));
        let archives = |loose: &BTreeMap<String, Option<ObjectId>>| -> Vec<(String, Option<ObjectId>)> {
            let archives = loose.iter().filter(|(name, _)| name.starts_with(ARCHIVES));
            archives.map(|(name, target)| (name.clone(), *target)).collect()
        };
        if !is_known || archives(&loose(&transaction)?) != archives(&state.refs.loose) {
            return Ok(None);
        }
        let highest = "SELECT max(coalesce((SELECT max(number) FROM entry WHERE site = ''), 0), \
                       coalesce((SELECT max(number) FROM trash WHERE site = ''), 0))";
        let highest: i64 = transaction.query_row(highest, [], |row| row.get(0))?;
        drop(transaction);
        *index = Some(file);
        Ok(Some(highest.cast_unsigned()))
    }

    /// The highest number that this clone has given out, those in the trash and in archives too.
    pub(in crate::store) fn highest_number(&self) -> Result<u64> {
        // The names alone tell numbers: reading what a crowd has just made would cost more than all else here.
        let names = self.repo.loose_ref_names(&[PREFIXES[0], PREFIXES[2]])?;
        let loose = names.iter().filter_map(|name| ExperimentId::of_reference(name));
        let loose = loose.filter(|id| id.site().is_none()).map(|id| id.number()).max().unwrap_or_default();
        // After the names, as a ref is packed before its loose file goes.
        let packed = State { refs: self.repo.refs_state(&[ARCHIVES])?, notes: None };
        if let Ok(Some(highest)) = self.highest_by_index(&packed) {
            return Ok(highest.max(loose));
        }
        let mut state = State::of(self.repo)?;
        let Contents { experiments, trash } = Contents::read(self.repo, &mut state)?;
        let all = experiments.keys().chain(trash.keys()).filter(|id| id.site().is_none());
        Ok(all.map(ExperimentId::number).max().unwrap_or_default().max(loose))
    }
}
