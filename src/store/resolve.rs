//! Which experiment a text means.

use anyhow::Result;

use crate::error::{Exit, Fault, fault};
use crate::model::id::ExperimentId;
use crate::store::experiments::{Found, Store, Stored};

impl Store<'_> {
    /// The experiment of an id, or of a unique prefix of its snapshot's commit id.
    ///
    /// # Errors
    /// None or several match; the nearest ones are named.
    pub fn resolve(&self, text: &str) -> Result<Stored> {
        if let Ok(id) = text.parse::<ExperimentId>() {
            return match self.find(&id)? {
                Some(stored) => Ok(stored),
                None => Err(self.unknown(text, Some(&id))?.into()),
            };
        }
        let prefix = text.to_ascii_lowercase();
        let is_hex = prefix.len() >= 4 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut found = if is_hex { self.by_prefix(&prefix)? } else { Vec::new() }.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(one), Some(two)) => Err(fault(format!("`{text}` is ambiguous: {} and {}", one.id, two.id))
                .hint("use the id, or more digits of the commit")
                .exit(Exit::NoSuchExperiment)
                .into()),
            (None, _) => Err(self.unknown(text, None)?.into()),
        }
    }

    /// The experiment of an id, where there is one.
    pub fn find(&self, id: &ExperimentId) -> Result<Option<Stored>> {
        if let Some(snapshot) = self.repo.read_ref(&id.reference())? {
            return Ok(Some(Stored { id: id.clone(), snapshot }));
        }
        match self.ask(&|index| index.by_id(id)) {
            Some(found) => Ok(found),
            None => self.find_archived(id),
        }
    }

    /// The experiments of some ids that are there, each with its note, in the order of the ids.
    ///
    /// # Errors
    /// As of [`Self::find`].
    pub fn find_all(&self, ids: &[&ExperimentId]) -> Result<Vec<Found>> {
        if let Some(found) = self.ask(&|index| index.by_ids(ids)) {
            return Ok(found);
        }
        let mut stored = Vec::new();
        for id in ids {
            stored.extend(self.find(id)?);
        }
        self.with_notes(stored)
    }

    /// The experiments whose snapshots begin so, or the first two of them.
    fn by_prefix(&self, prefix: &str) -> Result<Vec<Stored>> {
        let bytes = |hex: &str| -> Vec<u8> {
            let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
            hex.as_bytes()
                .chunks(2)
                .map(|pair| digit(pair[0]) << 4 | digit(*pair.get(1).unwrap_or(&b'0')))
                .collect()
        };
        // The lowest and the highest of all ids that begin so, of either length.
        let (low, high) = (bytes(prefix), bytes(&format!("{prefix:f<64}")));
        if let Some(found) = self.ask(&|index| index.between(&low, &high)) {
            return Ok(found);
        }
        let mut found = self.list()?;
        found.retain(|stored| stored.snapshot.to_string().starts_with(prefix));
        Ok(found)
    }

    fn unknown(&self, text: &str, id: Option<&ExperimentId>) -> Result<Fault> {
        let told = fault(format!("no experiment is called `{text}`")).exit(Exit::NoSuchExperiment);
        if let Some(id) = id
            && self.repo.read_ref(&id.trash())?.is_some()
        {
            return Ok(told.hint(format!("it is in the trash; bring it back with `gx undo {id}`")));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let wanted = digits.parse().unwrap_or(u64::MAX);
        let near = match self.ask(&|index| index.nearest(i64::try_from(wanted).unwrap_or(i64::MAX), 3)) {
            Some(near) => near,
            None => {
                let mut near = self.list()?;
                near.sort_by_key(|stored| stored.id.number().abs_diff(wanted));
                near.truncate(3);
                near
            }
        };
        if near.is_empty() {
            return Ok(told.hint("there is none yet; make the first with `gx run --hypothesis \"baseline\"`"));
        }
        let names: Vec<String> = near.iter().map(|stored| format!("`{}`", stored.id)).collect();
        Ok(told.hint(format!("the nearest are {}; list all with `gx ls`", names.join(", "))))
    }
}
