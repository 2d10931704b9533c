//! Choosing experiments by the index.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use rusqlite::types::Value as Sql;
use rusqlite::{Row, params_from_iter};

use crate::store::choice::{Choice, Chosen, Direction, no_such_key};
use crate::store::experiments::Found;
use crate::store::index::columns::{Class, Columns};
use crate::store::index::condition::Condition;
use crate::store::index::ids::{object, stored};
use crate::store::index::reading::Reading;

/// Up to so many rows are looked up one by one, rather than looked for once more.
const FEW: usize = 4000;

/// What a sort puts where, in SQL.
struct Order {
    key: String,
    direction: Direction,
}

impl Reading<'_> {
    /// Chooses experiments; the inner error is the person's own.
    ///
    /// # Errors
    /// The index cannot tell, and the records can.
    pub(in crate::store) fn choose(&self, choice: &Choice, now: i64) -> Result<Result<Chosen>> {
        let (condition, order) = self.with_columns(|columns| words(choice, columns))?;
        condition.teach(self.connection, now)?;
        let total = self.count("SELECT count(*) FROM entry", &[])?;
        let from = if condition.has_texts { "entry JOIN entry_text USING (id)" } else { "entry" };
        let filter =
            if condition.sql.is_empty() { String::new() } else { format!("WHERE {}", condition.sql) };
        let from = format!("{from} {filter}");
        let matches = match filter.is_empty() {
            true => None,
            false => Some(self.matches(&from, &condition.values)?),
        };
        let matching = matches.as_ref().map_or(total, Vec::len);
        if let Some(matches) = matches.filter(|matches| order.is_none() && matches.len() <= FEW) {
            let found = self.last_of(&matches, choice.limit)?;
            return Ok(Ok(Chosen { found, matching, total }));
        }
        if let Some((Order { key, .. }, (name, _))) = order.as_ref().zip(choice.sort.as_ref())
            && matching > 0
            && self.count(
                &format!("SELECT EXISTS (SELECT 1 FROM {} {key} IS NOT NULL)", also(&from, &filter)),
                &condition.values,
            )? == 0
        {
            return Ok(Err(no_such_key(name)));
        }
        let limit = choice.limit.unwrap_or(usize::MAX).min(matching);
        let found = self.rows(&from, &condition.values, order.as_ref(), (limit, matching, total))?;
        Ok(Ok(Chosen { found, matching, total }))
    }

    /// The rows that match.
    fn matches(&self, from: &str, values: &[Sql]) -> Result<Vec<i64>> {
        let mut select = self.connection.prepare(&format!("SELECT entry.id FROM {from}"))?;
        Ok(select.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The last ones of a few rows.
    fn last_of(&self, rows: &[i64], limit: Option<usize>) -> Result<Vec<Found>> {
        let mut select =
            self.connection.prepare("SELECT site, number, snapshot, note FROM entry WHERE id = ?1")?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let mut rows = select.query([row])?;
            while let Some(row) = rows.next()? {
                found.push(self::found(row)?);
            }
        }
        found.sort_by(|a, b| a.stored.id.cmp(&b.stored.id));
        drop(found.drain(..found.len().saturating_sub(limit.unwrap_or(usize::MAX))));
        Ok(found)
    }

    fn rows(
        &self,
        from: &str,
        values: &[Sql],
        order: Option<&Order>,
        (limit, matching, total): (usize, usize, usize),
    ) -> Result<Vec<Found>> {
        let by = match order {
            Some(Order { key, direction }) => {
                let way = if *direction == Direction::Down { "DESC" } else { "ASC" };
                format!("{key} IS NULL, {key} {way}, entry.site, entry.number")
            }
            // The last ones are soon met on the way back, unless only few match.
            None if limit * 8 < matching || matching == total => {
                "entry.site DESC, entry.number DESC".to_owned()
            }
            None => "+entry.site DESC, +entry.number DESC".to_owned(),
        };
        let select = format!(
            "SELECT entry.site, entry.number, entry.snapshot, entry.note FROM {from} ORDER BY {by} LIMIT {limit}"
        );
        let mut select = self.connection.prepare(&select)?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self::found(row)?);
        }
        if order.is_none() {
            found.reverse();
        }
        Ok(found)
    }

    /// The names of all that any experiment has; none where there is no experiment.
    pub(in crate::store) fn known(&self) -> Result<BTreeSet<String>> {
        // The index has columns of its own from the beginning.
        match self.count("SELECT count(*) FROM entry", &[])? {
            0 => Ok(BTreeSet::new()),
            _ => self.with_columns(|columns| Ok(columns.known())),
        }
    }

    pub(super) fn count(&self, sql: &str, values: &[Sql]) -> Result<usize> {
        let count: i64 =
            self.connection.prepare_cached(sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
        Ok(usize::try_from(count)?)
    }
}

pub(super) fn found(row: &Row<'_>) -> Result<Found> {
    let note = row.get_ref(3)?.as_blob_or_null()?.map(object).transpose()?;
    Ok(Found { stored: stored(row)?, note })
}

/// The same rows, with room for one condition more.
fn also(from: &str, filter: &str) -> String {
    format!("{from} {}", if filter.is_empty() { "WHERE" } else { "AND" })
}

fn words(choice: &Choice, columns: &Columns) -> Result<(Condition, Option<Order>)> {
    let mut condition = Condition::default();
    if let Some(tag) = &choice.tag {
        let mark = condition.bind(tag.clone());
        // What has no tag counts to the empty one.
        let none = if tag.is_empty() { " OR entry.tag IS NULL" } else { "" };
        condition.and_sql(&format!("entry.tag = {mark}{none}"));
    }
    if !choice.status.is_empty() {
        let marks: Vec<_> =
            choice.status.iter().map(|status| condition.bind(status.word().to_owned())).collect();
        condition.and_sql(&format!("entry.status IN ({})", marks.join(", ")));
    }
    if let Some(category) = &choice.category {
        let mark = condition.bind(category.clone());
        condition.and_sql(&format!("entry.category = {mark}"));
    }
    if let Some(expr) = &choice.condition {
        condition.and(expr, columns)?;
    }
    let Some((name, direction)) = &choice.sort else { return Ok((condition, None)) };
    let param = name.strip_prefix("params.").map(|name| (Class::Param, name));
    let classes = [(Class::Field, name.as_str()), (Class::Metric, name.as_str())].into_iter().chain(param);
    if classes.filter_map(|(class, name)| columns.of(class, name)).any(|column| column.is_odd) {
        return Err(anyhow!("`{name}` has values that SQLite sorts otherwise"));
    }
    // Ids are sorted as texts where they are asked for.
    let key = condition.place(name, columns)?;
    Ok((condition, Some(Order { key, direction: *direction })))
}
