//! Ids as the tables hold them.

use anyhow::Result;
use rusqlite::Row;

use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::experiments::Stored;

/// The name of a site as the tables have it; empty for this clone.
pub(super) fn site(id: &ExperimentId) -> &str {
    id.site().map_or("", |site| site.as_str())
}

/// SQLite's whole numbers have a sign; what is larger never gets into an index.
pub(super) fn number(id: &ExperimentId) -> i64 {
    i64::try_from(id.number()).unwrap_or(i64::MAX)
}

/// The id that a row tells.
pub(super) fn id_of(site: &str, number: i64) -> Result<ExperimentId> {
    let number = number.cast_unsigned();
    Ok(if site.is_empty() {
        ExperimentId::local(number)
    } else {
        ExperimentId::foreign(site.parse()?, number)
    })
}

/// The object that a row tells.
pub(super) fn object(bytes: &[u8]) -> Result<ObjectId> {
    ObjectId::from_bytes(bytes)
}

/// An experiment out of a row that begins with `site, number, snapshot`.
pub(super) fn stored(row: &Row<'_>) -> Result<Stored> {
    Ok(Stored {
        id: id_of(row.get_ref(0)?.as_str()?, row.get(1)?)?,
        snapshot: object(row.get_ref(2)?.as_blob()?)?,
    })
}
