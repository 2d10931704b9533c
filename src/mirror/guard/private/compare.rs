//! Whether a blob that would leave is a copy of what was ever private.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use anyhow::Result;

use crate::git::hash::blob_id;
use crate::git::repo::Repo;
use crate::mirror::guard::private::grow::pointer;
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::private::lines;
use crate::mirror::guard::private::public::Open;
use crate::mirror::guard::private::views;
use crate::mirror::guard::rule::Blob;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// Fewer lines than this are no copy, whatever their share.
const LEAST: usize = 3;

/// What a blob looks like, before it is asked what was public too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is, or holds, the file of this id, first met with the commit of this number.
    Exact(ObjectId, u32),
    /// Of so many lines these stood in private files, each with the number of its first commit.
    Near(usize, Vec<(u64, u32)>),
    /// It is an LFS pointer to an object that a private one names.
    Pointer(String),
}

/// What was found at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The same file.
    Whole(ObjectId),
    /// So many of so many lines.
    Lines(usize, usize),
    /// The object of an LFS pointer.
    Object(String),
}

impl Index {
    /// What a blob looks like, itself or anything in it. `share` is that of private lines from which on a text is a copy;
    /// 0 for never.
    pub fn likeness(&self, blob: &Blob<'_>, share: f64) -> Option<Likeness> {
        let content = blob.content;
        // One too large to be read has no content here, and is told by its id all the same.
        let is_blank = lines::is_blank(content) && blob.size == content.len() as u64;
        if let Some(number) = self.blobs.get(&blob.id).filter(|_| !is_blank) {
            return Some(Likeness::Exact(blob.id, *number));
        }
        if let Some(oid) = pointer(content) {
            return self.pointers.contains(&oid).then_some(Likeness::Pointer(oid));
        }
        self.likeness_of(blob.path.as_bytes(), content, share)
    }

    /// The same of bytes that are no file, such as a message; they may have a name.
    pub fn likeness_of(&self, name: &[u8], content: &[u8], share: f64) -> Option<Likeness> {
        if self.is_empty() || content.is_empty() {
            return None;
        }
        let mut found = None;
        views::each(name, content, &mut |bytes| {
            if found.is_none() {
                found = self.exact(bytes).or_else(|| self.near(bytes, share));
            }
        });
        found
    }

    fn exact(&self, bytes: &[u8]) -> Option<Likeness> {
        // A NUL at the end is no difference that anybody sees.
        let nuls = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let bytes = &bytes[..bytes.len() - nuls];
        let like = self.blobs.keys().next().filter(|_| !lines::is_blank(bytes))?;
        let id = blob_id(bytes, *like).ok()?;
        Some(Likeness::Exact(id, *self.blobs.get(&id)?))
    }

    fn near(&self, bytes: &[u8], share: f64) -> Option<Likeness> {
        let all = lines::of(bytes);
        let private: Vec<(u64, u32)> =
            all.iter().filter_map(|line| Some((*line, *self.lines.get(line)?))).collect();
        (share > 0.0 && is_copy(private.len(), all.len(), share))
            .then_some(Likeness::Near(all.len(), private))
    }
}

fn is_copy(private: usize, all: usize, share: f64) -> bool {
    private >= LEAST && private as f64 >= share * all as f64
}

/// What was public too, asked only when something looks like a copy.
pub struct Judge<'a> {
    repo: &'a Repo,
    policy: &'a Policy,
    index: &'a Index,
    /// The trees of what has passed to the place before.
    published: &'a [ObjectId],
    open: OnceCell<Open>,
    around: RefCell<HashMap<u32, Rc<Open>>>,
}

impl<'a> Judge<'a> {
    /// One that has read nothing yet.
    pub fn new(repo: &'a Repo, policy: &'a Policy, index: &'a Index, published: &'a [ObjectId]) -> Self {
        Self { repo, policy, index, published, open: OnceCell::new(), around: RefCell::default() }
    }

    /// Whether it is a copy after all that is public is taken away.
    ///
    /// # Errors
    /// Something is missing or damaged.
    pub fn judge(&self, likeness: Likeness, share: f64) -> Result<Option<Copied>> {
        match likeness {
            Likeness::Exact(id, number) => {
                let is_public =
                    self.published()?.blobs.contains(&id) || self.around(number)?.blobs.contains(&id);
                Ok((!is_public).then_some(Copied::Whole(id)))
            }
            Likeness::Pointer(oid) => Ok(Some(Copied::Object(oid))),
            Likeness::Near(all, lines) => {
                let mut private = 0;
                for (line, number) in lines {
                    let is_public =
                        self.published()?.lines.contains(&line) || self.around(number)?.lines.contains(&line);
                    private += usize::from(!is_public);
                }
                Ok(is_copy(private, all, share).then_some(Copied::Lines(private, all)))
            }
        }
    }

    fn published(&self) -> Result<&Open> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let open = Open::of_trees(self.repo, self.policy, self.published)?;
        Ok(self.open.get_or_init(|| open))
    }

    fn around(&self, number: u32) -> Result<Rc<Open>> {
        if let Some(open) = self.around.borrow().get(&number) {
            return Ok(Rc::clone(open));
        }
        let open = match self.index.commit(number) {
            Some(commit) if self.repo.has_object(commit) => Open::around(self.repo, self.policy, commit)?,
            _ => Open::default(),
        };
        let open = Rc::new(open);
        self.around.borrow_mut().insert(number, Rc::clone(&open));
        Ok(open)
    }
}
