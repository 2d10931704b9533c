//! Reading each new blob once, on several processors and in bounded memory.

use anyhow::Result;

use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::Leaving;
use crate::mirror::guard::look::{Looking, NewBlob, SHARE};
use crate::mirror::guard::paths::Paths;
use crate::mirror::guard::private::compare::{Copied, Judge};
use crate::mirror::guard::private::said::Said;
use crate::mirror::guard::remedies::reword;
use crate::mirror::guard::rule::{Blob, Lens, Look, Text};
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::guard::rules::{g030_private_copy, g031_near_copy, g034_private_pointer};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

impl Looking<'_> {
    /// Looks at each blob that was met since the last time.
    pub fn read_blobs(&mut self, paths: &Paths) -> Result<()> {
        let blobs = std::mem::take(&mut self.blobs);
        for share in blobs.chunks(SHARE) {
            if self.is_late() {
                break;
            }
            let done = self.share(share, paths);
            self.settle(done, Spot { commit: share.first().map(|blob| blob.commit), ..Spot::default() })?;
            self.read += share.len();
            // What was read of the packs would stay in memory until the end.
            self.case.repo.rest();
        }
        Ok(())
    }

    /// Judges the messages that look like private files.
    ///
    /// # Errors
    /// Something is missing or damaged.
    pub fn said(&self) -> Result<()> {
        let case = self.case;
        let judge = Judge::new(case.repo, case.policy, self.index, &self.published);
        for Said { id, target, is_commit, likeness } in self.said.take() {
            let text = Text { id, target: &target, is_commit, bytes: &[] };
            if let Some(copied) = judge.judge(likeness, case.policy.near_copy())? {
                let found = copy(&copied, text.spot());
                let found = Finding { what: format!("a message: {}", found.what), ..found };
                case.add(reword(case, &text, Finding { remedies: Vec::new(), ..found }));
            }
        }
        Ok(())
    }

    fn share(&self, share: &[NewBlob], paths: &Paths) -> Result<()> {
        let (case, index) = (self.case, self.index);
        let ids: Vec<ObjectId> = share.iter().map(|blob| blob.id).collect();
        case.repo.check_here(&ids)?;
        let paths: Vec<RepoPath> = share.iter().map(|blob| paths.path(blob.path)).collect();
        let lens = Lens { policy: case.policy, is_public: case.is_public(), scanner: case.scanner };
        let (mut wanted, mut sizes) = (Vec::with_capacity(share.len()), Vec::with_capacity(share.len()));
        for id in ids {
            let size = case.repo.size(id)?.unwrap_or_default();
            wanted.push((size <= case.policy.max_blob).then_some(id));
            sizes.push(size);
        }
        let batch = Batch { blobs: share, paths: &paths, sizes: &sizes, leaving: self.leaving };
        let near = case.policy.near_copy();
        let found = case.repo.map_blobs(&wanted, &|at, content| {
            let blob = batch.blob(at, content);
            let likeness = if share[at].is_private { None } else { index.likeness(&blob, near) };
            (look_at_blob(&lens, &blob), likeness)
        })?;
        let judge = Judge::new(case.repo, case.policy, index, &self.published);
        for (at, (findings, likeness)) in found.into_iter().enumerate() {
            findings.into_iter().for_each(|finding| case.add(finding));
            let Some(likeness) = likeness else { continue };
            if let Some(copied) = judge.judge(likeness, near)? {
                case.add(copy(&copied, batch.blob(at, &[]).spot()));
            }
        }
        Ok(())
    }
}

/// Blobs that are read together, and what is known of them.
struct Batch<'a> {
    blobs: &'a [NewBlob],
    paths: &'a [RepoPath],
    sizes: &'a [u64],
    leaving: &'a Leaving,
}

impl Batch<'_> {
    fn blob<'b>(&'b self, at: usize, content: &'b [u8]) -> Blob<'b> {
        let NewBlob { id, commit, target, .. } = self.blobs[at];
        let target = self.leaving.target(target);
        Blob { id, path: &self.paths[at], commit, target, size: self.sizes[at], content }
    }
}

fn copy(copied: &Copied, spot: Spot) -> Finding {
    match copied {
        Copied::Whole(id) => g030_private_copy::found(*id, spot),
        Copied::Lines(private, all) => g031_near_copy::found(*private, *all, spot),
        Copied::Object(oid) => g034_private_pointer::found(oid, spot),
    }
}

fn look_at_blob(lens: &Lens<'_>, blob: &Blob<'_>) -> Vec<Finding> {
    let looks = RULES.iter().filter_map(|rule| match rule.look {
        Look::Blob(look) => Some(look),
        _ => None,
    });
    looks.flat_map(|look| look(lens, blob)).collect()
}
