//! Reading thousands of blobs: on several processors, since unpacking them is what a list costs.

use std::thread;

use anyhow::{Context, Result};
use git2::Repository;

use crate::git::object::oid;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// From this many blobs on a further thread is worth starting.
const WORTH: usize = 500;

/// More threads than this gain nothing: the rest of a list is not done in parallel.
const MOST: usize = 8;

/// What is made of the blob with this number; of no content where there is no blob.
type Make<'a, T> = dyn Fn(usize, &[u8]) -> T + Sync + 'a;

impl Repo {
    /// Makes something of each blob, in their order.
    ///
    /// # Errors
    /// A blob that is missing or cannot be read.
    pub fn map_blobs<T: Send>(&self, blobs: &[Option<ObjectId>], make: &Make<'_, T>) -> Result<Vec<T>> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.min(MOST).min(blobs.len() / WORTH).max(1);
        if threads == 1 {
            return map_with(&self.inner, 0, blobs, make);
        }
        let (share, git_dir) = (blobs.len().div_ceil(threads), self.git_dir());
        thread::scope(|scope| {
            let shares = blobs.chunks(share).enumerate().map(|(number, blobs)| {
                // libgit2's handles are not shared between threads, so each opens its own.
                scope.spawn(move || map_with(&Repository::open(git_dir)?, number * share, blobs, make))
            });
            let running: Vec<_> = shares.collect();
            let mut all = Vec::with_capacity(blobs.len());
            for share in running {
                all.extend(share.join().expect("reading does not panic")?);
            }
            Ok(all)
        })
    }
}

fn map_with<T>(
    repo: &Repository,
    first: usize,
    blobs: &[Option<ObjectId>],
    make: &Make<'_, T>,
) -> Result<Vec<T>> {
    let mut made = Vec::with_capacity(blobs.len());
    for (number, id) in blobs.iter().enumerate() {
        made.push(match id {
            Some(id) => {
                let blob = repo.find_blob(oid(*id)?).with_context(|| format!("{id} is missing"))?;
                make(first + number, blob.content())
            }
            None => make(first + number, &[]),
        });
    }
    Ok(made)
}
