//! Reading thousands of blobs: on several processors, since unpacking them is what a list costs.

use std::thread;

use anyhow::{Context, Result};

use crate::git::engine::objects::Reader;
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
            return map_with(self.objects.as_ref(), 0, blobs, make);
        }
        let share = blobs.len().div_ceil(threads);
        thread::scope(|scope| {
            let shares = blobs.chunks(share).enumerate().map(|(number, blobs)| {
                let reader = self.objects.reader();
                scope.spawn(move || map_with(reader.as_ref(), number * share, blobs, make))
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
    reader: &(impl Reader + ?Sized),
    first: usize,
    blobs: &[Option<ObjectId>],
    make: &Make<'_, T>,
) -> Result<Vec<T>> {
    let (numbers, ids): (Vec<usize>, Vec<ObjectId>) =
        blobs.iter().enumerate().filter_map(|(number, id)| Some((number, (*id)?))).unzip();
    let mut made = Vec::with_capacity(blobs.len());
    reader
        .read_each(&ids, &mut |at, _, content| {
            // Those before it have no blob.
            made.extend((made.len()..numbers[at]).map(|number| make(first + number, &[])));
            made.push(make(first + numbers[at], content));
            Ok(())
        })
        .context("an object is missing")?;
    made.extend((made.len()..blobs.len()).map(|number| make(first + number, &[])));
    Ok(made)
}
