//! Looking at both sides without leaving a trace in any ref.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::down::ground::ACCEPTED;
use crate::mirror::pause::record::{self, Moved};

/// Does what only looks, with all that looking needs: what was fetched is there for it, and every ref is afterwards as
/// it was before, also where it fails. Other syncs are kept out meanwhile.
///
/// # Errors
/// As of `look`, a sync is under way, or a ref cannot be put back.
pub fn rehearse<T>(repo: &Repo, mirror: &Mirror, look: impl FnOnce() -> Result<T>) -> Result<T> {
    let _lock = record::lock(repo)?;
    let names = [ACCEPTED.to_owned(), mirror.public.tracking(), mirror.private.tracking()];
    let before = names.map(|name| (repo.read_ref(&name), name));
    let came = look();
    let mut seen = Vec::new();
    for (from, name) in before {
        let from = from?;
        let to = repo.read_ref(&name)?.filter(|to| Some(*to) != from);
        seen.extend(to.map(|to| Moved { name, from, to }));
    }
    record::put_back(repo, &seen)?;
    came
}
