//! Which engine a repository gets: libgit2 where it knows the formats, else the `git` program.
//!
//! Objects and refs are chosen separately, since libgit2 reads all of `packed-refs` for one ref.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::git::engine::formats::Formats;
use crate::git::engine::libgit2::open::{self as libgit2, Trouble};
use crate::git::engine::objects::Objects;
use crate::git::engine::place::{Place, in_quarantine};
use crate::git::engine::program::find::find;
use crate::git::engine::program::objects::ProgramObjects;
use crate::git::engine::program::refs::ProgramRefs;
use crate::git::engine::program::settings::ProgramSettings;
use crate::git::engine::refs::Refs;
use crate::git::engine::settings::Settings;
use crate::git::engine::trouble::{not_a_repository, not_the_owner};

/// Forces an engine.
const VARIABLE: &str = "GX_GIT_ENGINE";

/// From this size of `packed-refs` on, in bytes, parsing it costs more than starting a program.
const LARGE: u64 = 256 << 10;

/// An opened repository.
pub(in crate::git) struct Engine {
    /// Where it is.
    pub place: Place,
    /// Its objects.
    pub objects: Box<dyn Objects>,
    /// Its refs.
    pub refs: Box<dyn Refs>,
    /// Its configuration.
    pub settings: Box<dyn Settings>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Libgit2,
    Program,
    Whichever,
}

impl Choice {
    fn of(word: Option<&str>) -> Result<Self> {
        match word {
            None | Some("") => Ok(Self::Whichever),
            Some("git2") => Ok(Self::Libgit2),
            Some("program") => Ok(Self::Program),
            Some(other) => Err(fault(format!("`{VARIABLE}` is `{other}`, which is no engine"))
                .hint(format!("say `{VARIABLE}=git2` or `{VARIABLE}=program`, or leave it unset"))
                .exit(Exit::Usage)
                .into()),
        }
    }
}

/// Opens the repository that holds `from`.
///
/// # Errors
/// No repository, somebody else's, a format of which nobody knows, or an engine that does not fit.
pub(in crate::git) fn open(from: &Path) -> Result<Engine> {
    let word = env::var_os(VARIABLE).map(|word| word.to_string_lossy().into_owned());
    match Choice::of(word.as_deref())? {
        Choice::Program => with_program(from),
        // libgit2 does not look into a quarantine.
        Choice::Whichever if in_quarantine() => with_program(from),
        choice => with_libgit2(from, choice),
    }
}

fn with_libgit2(from: &Path, choice: Choice) -> Result<Engine> {
    let refused = |path: &Path, trouble: Trouble| match trouble {
        Trouble::Nowhere => Err(not_a_repository(from).into()),
        Trouble::NotTheOwner(words) => Err(not_the_owner(from, &words).into()),
        Trouble::Other(words) if choice == Choice::Libgit2 => {
            Err(fault(format!("cannot open {}: {words}", path.display())).into())
        }
        Trouble::Other(_) => with_program(from),
    };
    let git_dir = match libgit2::find(from) {
        Ok(git_dir) => git_dir,
        Err(trouble) => return refused(from, trouble),
    };
    let formats = Formats::read(&common_dir(&git_dir))?;
    if !formats.is_classic {
        return match choice {
            Choice::Libgit2 => {
                Err(fault(format!("{} is in a format that libgit2 cannot open", from.display()))
                    .hint(format!("unset `{VARIABLE}`: gx then uses the `git` program"))
                    .into())
            }
            _ => with_program(from),
        };
    }
    let opened = match libgit2::open(&git_dir, formats) {
        Ok(opened) => opened,
        Err(trouble) => return refused(&git_dir, trouble),
    };
    if opened.place.work_dir.is_none() {
        // Git itself says whether a bare repository may be used that nobody has named (`safe.bareRepository`).
        find(from)?;
    }
    let is_large =
        || fs::metadata(opened.place.common_dir.join("packed-refs")).is_ok_and(|meta| meta.len() > LARGE);
    let refs: Box<dyn Refs> = if choice == Choice::Whichever && is_large() {
        let objects = ProgramObjects::new(&opened.place);
        Box::new(ProgramRefs::new(&opened.place, objects.asked()))
    } else {
        opened.refs()
    };
    Ok(Engine { objects: opened.objects(), refs, settings: opened.settings(), place: opened.place })
}

fn with_program(from: &Path) -> Result<Engine> {
    let place = find(from)?;
    let objects = ProgramObjects::new(&place);
    Ok(Engine {
        refs: Box::new(ProgramRefs::new(&place, objects.asked())),
        objects: Box::new(objects),
        settings: Box::new(ProgramSettings::new(&place)),
        place,
    })
}

/// The directory that all work trees share, as the file `commondir` of a linked one says.
fn common_dir(git_dir: &Path) -> PathBuf {
    match fs::read_to_string(git_dir.join("commondir")) {
        Ok(text) => git_dir.join(text.trim()),
        Err(_) => git_dir.to_path_buf(),
    }
}

#[cfg(test)]
mod tests;
