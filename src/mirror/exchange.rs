//! The pairs go to the private repository, and come from there, where other clones have sent theirs.

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::{Fate, Wire};
use crate::mirror::configured::Mirror;
use crate::mirror::pairs::{self, Pairs};
use crate::model::object::ObjectId;
use crate::model::upload::{Leaving, Upload, UploadCheck};

/// Takes in the pairs that other clones have recorded; `theirs` is what the private repository has of them.
///
/// # Errors
/// They cannot be fetched or read.
pub fn take(repo: &Repo, mirror: &Mirror, theirs: ObjectId, wire: &mut Wire) -> Result<()> {
    let own = repo.read_ref(pairs::REF)?;
    if let Some(own) = own
        && repo.is_ancestor(theirs, own)?
    {
        return Ok(());
    }
    let kept = format!("refs/gx/remotes/{}/mirror/pairs", mirror.private.remote);
    let refspec = format!("+{}:{kept}", pairs::REF);
    repo.fetch(&mirror.private.remote, &[refspec], wire)?;
    let Some(there) = repo.read_ref(&kept)? else { return Ok(()) };
    // Pairs that somebody has recorded here meanwhile are kept: then these are added to them.
    if own.is_none() && repo.swap_ref(pairs::REF, there, None, "gx: pairs")? == Swap::Done {
        return repo.sync_ref(pairs::REF);
    }
    Pairs::add(repo, Pairs::of_commit(repo, there)?.list())
}

/// Sends the pairs, and nothing else, to the private repository, after it was asked whether they may go there.
///
/// # Errors
/// They may not, or it cannot be reached or refuses them.
pub fn send(repo: &Repo, mirror: &Mirror, wire: &mut Wire, check: &dyn UploadCheck) -> Result<()> {
    let remote = &mirror.private.remote;
    let old = repo.advertised(remote, &[pairs::REF], wire.may_ask)?.first().copied().flatten();
    if let Some(theirs) = old {
        take(repo, mirror, theirs, wire)?;
    }
    let Some(new) = repo.read_ref(pairs::REF)?.filter(|new| Some(*new) != old) else { return Ok(()) };
    let (name, lease) = (pairs::REF.to_owned(), old.map_or(Lease::Absent, Lease::At));
    let refs = vec![Leaving { name: name.clone(), old, new }];
    check.check(&Upload { remote: remote.clone(), urls: repo.push_urls(remote)?, refs })?;
    let fates = repo.push(remote, &[Sending { name, new, lease }], wire)?;
    match fates.into_iter().next() {
        Some(Fate::Through) => Ok(()),
        Some(Fate::Refused(why)) => Err(fault(format!("`{remote}` refuses the pairs: {why}")).into()),
        Some(Fate::Moved) | None => Err(fault(format!("others sent pairs to `{remote}` meanwhile")).into()),
    }
}
