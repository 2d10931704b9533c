//! Finding and opening a repository with libgit2.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Once;

use anyhow::Result;
use git2::{ErrorCode, Repository};

use crate::git::engine::files::Files;
use crate::git::engine::formats::Formats;
use crate::git::engine::libgit2::objects::{self, Libgit2Objects};
use crate::git::engine::libgit2::refs::Libgit2Refs;
use crate::git::engine::libgit2::settings::Libgit2Settings;
use crate::git::engine::objects::Objects;
use crate::git::engine::place::{Place, without_slash};
use crate::git::engine::refs::Refs;
use crate::git::engine::settings::Settings;

/// How much of a pack is mapped into memory in one piece, in bytes. Its own measure is the whole pack, of which a list in
/// the order of names touches every page.
const WINDOW: usize = 1 << 20;

/// How much of all packs together.
const WINDOWS: usize = 16 << 20;

/// Why libgit2 does not find or open a repository.
pub enum Trouble {
    /// There is none.
    Nowhere,
    /// It belongs to another user; libgit2's words.
    NotTheOwner(String),
    /// Anything else; libgit2's words.
    Other(String),
}

/// A repository that libgit2 has opened.
pub struct Opened {
    inner: Rc<Repository>,
    pub place: Place,
}

fn trouble(error: &git2::Error) -> Trouble {
    let words = error.message().to_owned();
    match error.code() {
        ErrorCode::NotFound => Trouble::Nowhere,
        ErrorCode::Owner => Trouble::NotTheOwner(words),
        _ => Trouble::Other(words),
    }
}

/// The git directory of the work tree or bare repository that holds `from`.
pub fn find(from: &Path) -> Result<PathBuf, Trouble> {
    Repository::discover_path(from, std::iter::empty::<&Path>()).map_err(|error| trouble(&error))
}

/// Keeps small what of packs is mapped into memory, for the whole process.
#[expect(
    unsafe_code,
    reason = "libgit2 keeps these two numbers in globals, and git2 has no other way to set them"
)]
fn bound_windows() {
    static ONCE: Once = Once::new();
    // SAFETY: the globals must not be written while they are read. Whoever reads a pack has opened a repository before,
    // which waits here until they are written, once.
    ONCE.call_once(|| unsafe {
        // Where they cannot be set, reading merely takes more memory.
        let _ = git2::opts::set_mwindow_size(WINDOW);
        let _ = git2::opts::set_mwindow_mapped_limit(WINDOWS);
    });
}

/// Opens what was found.
pub fn open(git_dir: &Path, formats: Formats) -> Result<Opened, Trouble> {
    bound_windows();
    // Hashing every object again as it is read costs a fifth of a list; Git leaves that to `git fsck` too.
    git2::opts::strict_hash_verification(false);
    let inner = objects::open(git_dir).map_err(|error| trouble(&error))?;
    let place = Place {
        git_dir: without_slash(inner.path()),
        common_dir: without_slash(inner.commondir()),
        work_dir: inner.workdir().map(without_slash),
        formats,
    };
    Ok(Opened { inner: Rc::new(inner), place })
}

impl Opened {
    pub fn objects(&self) -> Box<dyn Objects> {
        Box::new(Libgit2Objects::new(&self.inner))
    }

    pub fn refs(&self) -> Box<dyn Refs> {
        Box::new(Libgit2Refs::new(Rc::clone(&self.inner), Files::new(self.place.clone())))
    }

    pub fn settings(&self) -> Box<dyn Settings> {
        Box::new(Libgit2Settings::new(Rc::clone(&self.inner)))
    }
}
