//! What was stripped before, so that ten new commits on a hundred thousand cost as much as ten.
//!
//! A file below Git's own folder. It is only ever a shortcut: without it the same comes out.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::git::repo::Repo;
use crate::mirror::pairs::{Kind, Pairs};
use crate::mirror::policy::terms::{Policy, hex};
use crate::model::object::ObjectId;
use crate::process::file;

const HEAD: &[u8] = b"gx strip 3\n";

/// What a private commit has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The public commit; nothing where nothing is left of it and all before it.
    pub public: Option<ObjectId>,
    /// Whether it was emptied, so that this is the counterpart of an ancestor.
    pub is_emptied: bool,
    /// Whether paths were left out of it.
    pub is_partial: bool,
    /// Whether its message was left out.
    pub is_silent: bool,
}

impl Counterpart {
    /// One of which nothing is left but its place, which is that of an ancestor.
    pub fn emptied(public: Option<ObjectId>) -> Self {
        Self { public, is_emptied: true, is_partial: false, is_silent: false }
    }

    /// One that stands for all of it.
    pub fn whole(public: ObjectId) -> Self {
        Self { public: Some(public), is_emptied: false, is_partial: false, is_silent: false }
    }
}

/// The memory of one policy.
pub struct Memory {
    file: PathBuf,
    /// The commits that were stripped with all before them.
    pub tips: Vec<ObjectId>,
    /// What became of each.
    pub known: Vec<(ObjectId, Counterpart)>,
}

impl Memory {
    /// What is remembered under a policy and these anchors; nothing where that was written for others, or is damaged.
    pub fn load(repo: &Repo, policy: &Policy, pairs: &Pairs, provenance: Option<&[u8]>) -> Self {
        let name = format!("strip-{}", name(policy, pairs, provenance));
        let mut memory =
            Self { file: repo.gx_dir().join("mirror").join(name), tips: Vec::new(), known: Vec::new() };
        if let Some((tips, known)) = fs::read(&memory.file).ok().and_then(|bytes| parse(&bytes)) {
            let is_here = |public: &Option<ObjectId>| public.is_none_or(|public| repo.has_object(public));
            // Objects of plans that were dropped may be gone.
            if tips.iter().all(|(_, public)| is_here(public)) {
                (memory.tips, memory.known) = (tips.into_iter().map(|(tip, _)| tip).collect(), known);
            }
        }
        memory
    }

    /// Writes it down, and forgets what was written for other policies.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> Result<()> {
        let Some(folder) = self.file.parent() else { return Ok(()) };
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for other in fs::read_dir(folder)?.flatten() {
            let is_memory = other.file_name().to_string_lossy().starts_with("strip-");
            if is_memory && other.path() != self.file {
                let _ = fs::remove_file(other.path());
            }
        }
        file::replace(&self.file, &self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = HEAD.to_vec();
        // How many bytes an id has: the length of the whole file does not always tell.
        bytes.push(self.known.first().map_or(0, |(private, _)| private.as_bytes().len() as u8));
        let tips: std::collections::HashSet<ObjectId> = self.tips.iter().copied().collect();
        for (private, counterpart) in &self.known {
            let Counterpart { public, is_emptied, is_partial, is_silent } = *counterpart;
            let flags = [tips.contains(private), is_emptied, public.is_none(), is_partial, is_silent];
            bytes.push(flags.iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(*flag)));
            bytes.extend_from_slice(private.as_bytes());
            bytes.extend_from_slice(public.unwrap_or(*private).as_bytes());
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }
}

type Parsed = (Vec<(ObjectId, Option<ObjectId>)>, Vec<(ObjectId, Counterpart)>);

fn parse(bytes: &[u8]) -> Option<Parsed> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Sha256::digest(body).as_slice() != sum {
        return None;
    }
    let body = body.strip_prefix(HEAD)?;
    let (length, body) = body.split_first()?;
    let length = usize::from(*length);
    if !body.len().is_multiple_of(1 + 2 * length) {
        return None;
    }
    let (mut tips, mut known) = (Vec::new(), Vec::new());
    for one in body.chunks_exact(1 + 2 * length) {
        let id = |from: usize| ObjectId::from_bytes(&one[from..from + length]).ok();
        let (flags, private, public) = (one[0], id(1)?, id(1 + length)?);
        let (is_emptied, is_partial, is_silent) = (flags & 2 != 0, flags & 8 != 0, flags & 16 != 0);
        let public = (flags & 4 == 0).then_some(public);
        known.push((private, Counterpart { public, is_emptied, is_partial, is_silent }));
        tips.extend((flags & 1 != 0).then_some((private, public)));
    }
    Some((tips, known))
}

/// Everything that decides what comes out, beside the commits themselves.
fn name(policy: &Policy, pairs: &Pairs, provenance: Option<&[u8]>) -> String {
    let mut sum = Sha256::new();
    let file = &policy.file;
    sum.update(format!("1 {:?} {:?} {:?} {:?}", file.paths, file.identity, file.messages, provenance));
    for pair in pairs.list().iter().filter(|pair| pair.kind != Kind::Picked) {
        sum.update(pair.private.as_bytes());
        sum.update(pair.public.as_bytes());
    }
    hex(&sum.finalize()[..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_read_as_they_were_written_however_many_they_are() {
        for (length, count) in [(20, 0), (20, 65), (32, 41), (32, 82)] {
            let id = |at: u8| ObjectId::from_bytes(&vec![at; length]).unwrap();
            let known: Vec<_> = (0..count).map(|at| (id(at), Counterpart::whole(id(at + 100)))).collect();
            let tips: Vec<ObjectId> = known.iter().map(|(private, _)| *private).take(1).collect();
            let memory = Memory { file: PathBuf::new(), tips, known };
            let (tips, known) = parse(&memory.bytes()).unwrap();
            assert_eq!((tips.len(), known), (memory.tips.len(), memory.known), "{count} of {length}");
        }
    }
}
