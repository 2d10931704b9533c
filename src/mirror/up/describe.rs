//! What a plan says of each commit: who, what message, which files, and what is left out.

use anyhow::Result;

use crate::mirror::strip::headers::Headers;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::offer::{Built, Offer};
use crate::model::object::ObjectId;

/// So many commits of a plan are described.
const DESCRIBED: usize = 100;
/// So many paths of a commit are named.
const PATHS: usize = 50;

/// The commits of a plan, the first of them where there are very many.
///
/// # Errors
/// One cannot be read.
pub fn describe(ground: &Ground<'_>, built: &Built) -> Result<Vec<Offer>> {
    let mut offers: Vec<Offer> = Vec::new();
    for ((private, public), is_silent) in built.pairs.iter().zip(&built.silent).take(DESCRIBED) {
        if let Some(last) = offers.last_mut().filter(|last| last.public == *public) {
            last.private.push(*private);
            last.withheld.extend(withheld(ground, *private)?);
            continue;
        }
        let (_, bytes) = ground.repo.raw(*public)?;
        let commit = Headers::parse(&bytes)?;
        let empty = ground.repo.empty_tree()?;
        let before = commit.parents.first().map_or(Ok(empty), |parent| ground.repo.tree_of(*parent))?;
        let files = ground.repo.changes(before, commit.tree)?.into_iter().take(PATHS).map(|change| {
            let sign = match (change.before, change.after) {
                (None, _) => 'A',
                (_, None) => 'D',
                _ => 'M',
            };
            format!("{sign} {}", change.path)
        });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        offers.push(Offer {
            public: *public,
            private: vec![*private],
            message: text(commit.message),
            author: text(person(commit.author)),
            committer: text(person(commit.committer)),
            files: files.collect(),
            withheld: withheld(ground, *private)?,
            is_silent: *is_silent,
        });
    }
    Ok(offers)
}

/// The paths of a private commit's change that are left out.
fn withheld(ground: &Ground<'_>, private: ObjectId) -> Result<Vec<String>> {
    let (repo, policy) = (ground.repo, &ground.mirror.policy);
    let before = match repo.parents(private)?.first() {
        Some(parent) => repo.tree_of(*parent)?,
        None => repo.empty_tree()?,
    };
    let changes = repo.changes(before, repo.tree_of(private)?)?.into_iter();
    let paths = changes.map(|change| change.path).filter(|path| policy.is_withheld(path.as_bytes()));
    Ok(paths.take(PATHS).map(|path| path.to_string()).collect())
}

/// A line about a person without its moment.
fn person(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| *byte == b'>');
    end.map_or(line, |end| &line[..=end])
}
