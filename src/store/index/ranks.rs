//! What rankings and runs ask: few rows, found by their place.

use anyhow::Result;
use rusqlite::{OptionalExtension, Params, params};

use crate::model::id::ExperimentId;
use crate::model::leader::{Leader, Leaders};
use crate::model::object::ObjectId;
use crate::model::status::Status;
use crate::model::verdict::Goal;
use crate::store::experiments::{Found, Stored};
use crate::store::index::ids::{id_of, number, object, site, stored};
use crate::store::index::reading::Reading;
use crate::store::index::select::found;
use crate::store::ranks::{Tally, Tried};

impl Reading<'_> {
    /// The tags as they are kept; nothing stands for experiments without one.
    pub(super) fn tags(&self) -> Result<Vec<Option<String>>> {
        // From one to the next, without passing all experiments of each.
        let next = "WITH RECURSIVE next (tag) AS (SELECT min(tag) FROM entry UNION ALL \
                    SELECT (SELECT min(tag) FROM entry WHERE tag > next.tag) FROM next WHERE next.tag IS NOT NULL) \
                    SELECT tag FROM next WHERE tag IS NOT NULL";
        let mut tags: Vec<Option<String>> = self
            .connection
            .prepare_cached(next)?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if self.count("SELECT EXISTS (SELECT 1 FROM entry WHERE tag IS NULL)", &[])? > 0 {
            tags.push(None);
        }
        Ok(tags)
    }

    fn tags_like(&self, tag: Option<&str>) -> Result<Vec<Option<String>>> {
        match tag {
            None => self.tags(),
            Some("") => Ok(vec![Some(String::new()), None]),
            Some(tag) => Ok(vec![Some(tag.to_owned())]),
        }
    }

    pub(in crate::store) fn leaders(&self, goal: Goal, tag: Option<&str>) -> Result<Vec<Leader>> {
        let mut leaders = Leaders::new(goal);
        for tag in self.tags_like(tag)? {
            if let Some(leader) = self.own_leader(goal, tag.as_deref())? {
                leaders.add(leader);
            }
            let mut select = self.connection.prepare_cached(
                "SELECT site, number, value, hardware FROM entry INDEXED BY kept \
                 WHERE tag IS ?1 AND site > '' AND status = 'keep' AND value IS NOT NULL ORDER BY site, number",
            )?;
            let mut rows = select.query([&tag])?;
            while let Some(row) = rows.next()? {
                leaders.add(Leader {
                    id: id_of(row.get_ref(0)?.as_str()?, row.get(1)?)?,
                    tag: tag.clone().unwrap_or_default(),
                    value: row.get(2)?,
                    hardware: row.get(3)?,
                    results: 1,
                });
            }
        }
        Ok(leaders.into_all())
    }

    fn own_leader(&self, goal: Goal, tag: Option<&str>) -> Result<Option<Leader>> {
        let edge = match goal {
            Goal::Lower => "min",
            Goal::Higher => "max",
        };
        let own = "FROM entry INDEXED BY kept WHERE tag IS ?1 AND site = '' AND status = 'keep' AND value IS NOT NULL";
        let select = format!(
            "SELECT number, value, hardware {own} AND value = (SELECT {edge}(value) {own}) ORDER BY number LIMIT 1"
        );
        let found = self.connection.prepare_cached(&select)?.query_row([tag], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?, row.get::<_, Option<String>>(2)?))
        });
        let Some((number, value, hardware)) = found.optional()? else { return Ok(None) };
        let (id, tag) = (id_of("", number)?, tag.unwrap_or_default().to_owned());
        // How many there are decides nothing: what this clone made always counts.
        Ok(Some(Leader { id, tag, value, hardware, results: 1 }))
    }

    pub(in crate::store) fn tallies(&self) -> Result<Vec<Tally>> {
        let mut select = self.connection.prepare_cached(
            "SELECT coalesce(tag, ''), status, count(*), max(finished) FROM entry GROUP BY tag, status",
        )?;
        let mut rows = select.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let status = row.get_ref(1)?.as_str()?.parse::<Status>().map_err(anyhow::Error::msg)?;
            let experiments = usize::try_from(row.get::<_, i64>(2)?)?;
            found.push(Tally { tag: row.get(0)?, status, experiments, last_finished: row.get(3)? });
        }
        Ok(found)
    }

    pub(in crate::store) fn count_of(&self, tag: &str) -> Result<usize> {
        let none = if tag.is_empty() { " OR tag IS NULL" } else { "" };
        self.count(&format!("SELECT count(*) FROM entry WHERE tag = ?1{none}"), &[tag.to_owned().into()])
    }

    pub(in crate::store) fn first_value(&self, tag: &str) -> Result<Option<f64>> {
        let none = if tag.is_empty() { " OR tag IS NULL" } else { "" };
        let select = format!(
            "SELECT value FROM entry WHERE (tag = ?1{none}) AND status = 'keep' AND value IS NOT NULL \
             ORDER BY site, number LIMIT 1"
        );
        Ok(self.connection.prepare_cached(&select)?.query_row([tag], |row| row.get(0)).optional()?)
    }

    /// The valid results of a tag that were not kept.
    pub(in crate::store) fn beaten(&self, tag: Option<&str>) -> Result<Vec<Tried>> {
        let mut select = self.connection.prepare_cached(
            "SELECT site, number, snapshot, note, coalesce(tag, ''), value FROM entry \
             WHERE status IN ('near-miss', 'discard') AND value IS NOT NULL AND (?1 IS NULL OR coalesce(tag, '') = ?1) \
             ORDER BY site, number",
        )?;
        let mut rows = select.query([tag])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let note = row.get_ref(3)?.as_blob_or_null()?.map(object).transpose()?;
            let found_one = Found { stored: stored(row)?, note };
            found.push(Tried { found: found_one, tag: row.get(4)?, value: row.get(5)? });
        }
        Ok(found)
    }

    /// How many experiments of this clone crashed in a row before `id`.
    pub(in crate::store) fn crashes_before(&self, tag: &str, id: &ExperimentId) -> Result<usize> {
        let mut ends = Vec::new();
        for tag in self.tags_like(Some(tag))? {
            let mut select = self.connection.prepare_cached(
                "SELECT finished, number, status FROM entry INDEXED BY by_end \
                 WHERE tag IS ?1 AND site = '' AND status NOT IN ('queued', 'running') \
                 ORDER BY finished DESC, number DESC",
            )?;
            let mut rows = select.query([&tag])?;
            while let Some(row) = rows.next()? {
                let (finished, at): (Option<String>, i64) = (row.get(0)?, row.get(1)?);
                if id.site().is_none() && at == number(id) {
                    continue;
                }
                let is_crash = row.get_ref(2)?.as_str()? == Status::Crash.word();
                ends.push((finished, at, is_crash));
                if !is_crash {
                    break;
                }
            }
        }
        ends.sort_by(|a, b| b.cmp(a));
        Ok(ends.iter().take_while(|(.., is_crash)| *is_crash).count())
    }

    pub(in crate::store) fn unfinished(&self) -> Result<Vec<Stored>> {
        self.stored(
            "SELECT site, number, snapshot FROM entry INDEXED BY open WHERE status IN ('queued', 'running') ORDER BY site, number",
            [],
        )
    }

    pub(in crate::store) fn kept_as(&self, commit: &str) -> Result<Option<Stored>> {
        let select =
            "SELECT site, number, snapshot FROM entry WHERE kept_commit = ?1 ORDER BY site, number LIMIT 1";
        Ok(self.stored(select, [commit])?.pop())
    }

    /// The commits that results of a tag were kept as, the newest first, some of them.
    pub(in crate::store) fn kept_commits(&self, tag: &str, from: usize, most: usize) -> Result<Vec<String>> {
        let none = if tag.is_empty() { " OR tag IS NULL" } else { "" };
        let select = format!(
            "SELECT kept_commit FROM entry WHERE (tag = ?1{none}) AND status = 'keep' AND kept_commit IS NOT NULL \
             ORDER BY site DESC, number DESC LIMIT ?2 OFFSET ?3"
        );
        let mut select = self.connection.prepare_cached(&select)?;
        let (from, most) = (i64::try_from(from)?, i64::try_from(most)?);
        Ok(select.query_map(params![tag, most, from], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The first result of a tag that has hashes of protected paths, those that were tainted aside.
    pub(in crate::store) fn sealed(&self, tag: &str) -> Result<Option<Stored>> {
        let none = if tag.is_empty() { " OR tag IS NULL" } else { "" };
        let select = format!(
            "SELECT site, number, snapshot FROM entry INDEXED BY sealed WHERE (tag = ?1{none}) AND sealed = 1 \
             AND value IS NOT NULL AND status <> 'tainted' ORDER BY site, number LIMIT 1"
        );
        Ok(self.stored(&select, [tag])?.pop())
    }

    pub(in crate::store) fn by_snapshot(&self, snapshot: ObjectId) -> Result<Option<Stored>> {
        for table in ["entry", "trash"] {
            let select = format!(
                "SELECT site, number, snapshot FROM {table} WHERE snapshot = ?1 ORDER BY site, number LIMIT 1"
            );
            if let Some(stored) = self.stored(&select, [snapshot.as_bytes()])?.pop() {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    pub(in crate::store) fn by_id(&self, id: &ExperimentId) -> Result<Option<Stored>> {
        let select = "SELECT site, number, snapshot FROM entry WHERE site = ?1 AND number = ?2";
        Ok(self.stored(select, params![site(id), number(id)])?.pop())
    }

    /// The experiments of some ids that are there, each with its note, in the order of the ids.
    pub(in crate::store) fn by_ids(&self, ids: &[&ExperimentId]) -> Result<Vec<Found>> {
        let select = "SELECT site, number, snapshot, note FROM entry WHERE site = ?1 AND number = ?2";
        let mut select = self.connection.prepare_cached(select)?;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = select.query(params![site(id), number(id)])?;
            if let Some(row) = rows.next()? {
                all.push(found(row)?);
            }
        }
        Ok(all)
    }

    /// The first two experiments whose snapshots lie between two ids, both included.
    pub(in crate::store) fn between(&self, low: &[u8], high: &[u8]) -> Result<Vec<Stored>> {
        let select = "SELECT site, number, snapshot FROM entry WHERE snapshot BETWEEN ?1 AND ?2 ORDER BY site, number LIMIT 2";
        self.stored(select, params![low, high])
    }

    /// The experiments whose numbers come nearest.
    pub(in crate::store) fn nearest(&self, wanted: i64, most: usize) -> Result<Vec<Stored>> {
        let select =
            "SELECT site, number, snapshot FROM entry ORDER BY abs(number - ?1), site, number LIMIT ?2";
        self.stored(select, params![wanted, i64::try_from(most)?])
    }

    fn stored(&self, select: &str, values: impl Params) -> Result<Vec<Stored>> {
        let mut select = self.connection.prepare_cached(select)?;
        let mut rows = select.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(stored(row)?);
        }
        Ok(found)
    }
}
