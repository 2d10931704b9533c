//! Reading each new blob once, on several processors and in bounded memory.

use anyhow::Result;

use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::look::{Looking, NewBlob};
use crate::mirror::guard::rule::{Blob, Lens, Look};
use crate::mirror::guard::rules::list::RULES;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// So many blobs are read before the clock is looked at again.
const CHUNK: usize = 4096;

impl Looking<'_> {
    /// Looks at each new blob; how many there were.
    pub fn blobs(&mut self) -> Result<usize> {
        let blobs = std::mem::take(&mut self.blobs);
        let mut read = 0;
        for chunk in blobs.chunks(CHUNK) {
            if self.is_late() {
                break;
            }
            let done = self.chunk(chunk);
            self.settle(done, Spot { commit: chunk.first().map(|blob| blob.commit), ..Spot::default() })?;
            read += chunk.len();
        }
        Ok(read)
    }

    fn chunk(&self, chunk: &[NewBlob]) -> Result<()> {
        let ids: Vec<ObjectId> = chunk.iter().map(|blob| blob.id).collect();
        self.case.repo.check_here(&ids)?;
        let paths: Vec<RepoPath> = chunk.iter().map(|blob| self.walk.paths.path(blob.path)).collect();
        let lens =
            Lens { policy: self.case.policy, is_public: self.case.is_public(), scanner: self.case.scanner };
        let mut wanted = Vec::with_capacity(chunk.len());
        let mut sizes = Vec::with_capacity(chunk.len());
        for id in ids {
            let size = self.case.repo.size(id)?.unwrap_or_default();
            wanted.push((size <= self.case.policy.max_blob).then_some(id));
            sizes.push(size);
        }
        let found = self.case.repo.map_blobs(&wanted, &|at, content| {
            let NewBlob { id, commit, target, .. } = chunk[at];
            let target = self.leaving.target(target);
            let blob = Blob { id, path: &paths[at], commit, target, size: sizes[at], content };
            look_at_blob(&lens, &blob)
        })?;
        found.into_iter().flatten().for_each(|finding| self.case.add(finding));
        Ok(())
    }
}

fn look_at_blob(lens: &Lens<'_>, blob: &Blob<'_>) -> Vec<Finding> {
    let looks = RULES.iter().filter_map(|rule| match rule.look {
        Look::Blob(look) => Some(look),
        _ => None,
    });
    looks.flat_map(|look| look(lens, blob)).collect()
}
