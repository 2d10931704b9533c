//! Checkouts that Git believes in and that are gone.

use anyhow::Result;

use crate::store::doctor::finding::{Finding, verb};
use crate::store::doctor::ground::Ground;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let strays = ground.repo.stray_registrations()?;
    if strays.is_empty() {
        return Ok(Vec::new());
    }
    let told = format!(
        "Git knows {} checkout{} of gx that {} gone",
        strays.len(),
        verb(strays.len(), "", "s"),
        verb(strays.len(), "is", "are")
    );
    let why = "`git worktree list` shows them, and each costs every later start a look";
    Ok(vec![Finding::note(told, why).fix(move || {
        strays.iter().try_for_each(|number| ground.repo.drop_registration(*number))?;
        Ok("dropped the registrations".to_owned())
    })])
}
