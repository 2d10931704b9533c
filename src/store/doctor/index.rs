//! The index: readable, and with nothing in it but what the records say.

use anyhow::Result;

use crate::store::doctor::finding::{Finding, few};
use crate::store::doctor::ground::Ground;
use crate::store::index::compare::Standing;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let told = match ground.store.compare_index()? {
        Standing::Unknown | Standing::Equal => return Ok(Vec::new()),
        Standing::Damaged(how) => format!("the index is damaged: {how}"),
        Standing::Wrong(names) => format!("the index and the records disagree about {}", few(&names)),
    };
    let why = "lists and rankings are answered from it; it holds nothing that cannot be made anew";
    Ok(vec![Finding::error(told, why).fix(|| {
        ground.store.drop_index()?;
        Ok("removed it: the next list makes it anew".to_owned())
    })])
}
