//! What holds for the push that mends the policy of the private branch, where nobody can read the one that is there.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::policy::file::{self, File};
use crate::mirror::policy::sources::{policy_in, private_refs, unsent};
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// The policy for a push of these tips to a private place, where each brings a policy that can be read and the private
/// branch over there has none such; nothing else. It is judged by what held before: the last policy that could be
/// read, and where several lines of history end in one each, by all that they forbid and nothing that they loosen.
///
/// # Errors
/// An object is missing, so that nobody knows what held before.
pub fn policy(repo: &Repo, tips: &[ObjectId]) -> Result<Option<Policy>> {
    let Some([there, _]) = private_refs(repo) else { return Ok(None) };
    let Some(there) = repo.read_ref(&there)? else { return Ok(None) };
    let is_broken = policy_in(repo, there)?.is_some() && understood(repo, there)?.is_none();
    if !is_broken || tips.is_empty() {
        return Ok(None);
    }
    let mut strict: Vec<File> = Vec::new();
    for tip in tips {
        let Some((_, file)) = understood(repo, *tip)? else { return Ok(None) };
        strict.push(file);
    }
    strict.extend(unsent(repo)?);
    let Some(mut before) = before(repo, there)? else { return Ok(None) };
    let loosening = if before.len() == 1 { before.pop() } else { None };
    strict.append(&mut before);
    Policy::join(loosening, &strict).map(Some)
}

/// The last policies that could be read on each line of history behind a commit, each once; nothing where a shallow
/// clone ends before one of them.
fn before(repo: &Repo, tip: ObjectId) -> Result<Option<Vec<File>>> {
    let (mut waiting, mut met, ends) = (vec![tip], HashSet::from([tip]), repo.shallow_edges());
    let (mut blobs, mut found) = (HashSet::new(), Vec::new());
    while let Some(commit) = waiting.pop() {
        match understood(repo, commit)? {
            Some((blob, file)) => found.extend(blobs.insert(blob).then_some(file)),
            None if ends.contains(&commit) => return Ok(None),
            None => waiting.extend(repo.parents(commit)?.into_iter().filter(|one| met.insert(*one))),
        }
    }
    Ok(Some(found))
}

/// The policy of a commit or tag; nothing where it has none, or one that nobody can read.
fn understood(repo: &Repo, tip: ObjectId) -> Result<Option<(ObjectId, File)>> {
    let Some((blob, text)) = policy_in(repo, tip)? else { return Ok(None) };
    let file = File::read(file::PATH, &text).ok();
    Ok(file.filter(|file| Policy::join(Some(file.clone()), &[]).is_ok()).map(|file| (blob, file)))
}
