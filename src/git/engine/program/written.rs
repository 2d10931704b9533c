//! Programs that are kept running to hash and write objects, one for each kind.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::git::engine::objects::{Kind, TRIES, lost_its_folder};
use crate::git::engine::place::{Place, quoted};
use crate::model::object::ObjectId;
use crate::process::talk::Talk;

/// Whether the object is stored, or only its id is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Hash,
    Write,
}

/// All of them.
pub(super) struct Written {
    place: Place,
    talks: RefCell<BTreeMap<(Kind, Deed), Talk>>,
}

impl Written {
    pub(super) fn new(place: &Place) -> Self {
        Self { place: place.clone(), talks: RefCell::default() }
    }

    /// Ends them, until the next object.
    pub(super) fn rest(&self) {
        self.talks.borrow_mut().clear();
    }

    /// The id of an object of these bytes.
    pub(super) fn put(&self, kind: Kind, deed: Deed, content: &[u8]) -> Result<ObjectId> {
        // The program takes many objects only by the names of files.
        let file = self.place.new_scratch("object")?;
        let written = fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()));
        let put = written.and_then(|()| self.ask(kind, deed, &file));
        let _ = fs::remove_file(&file);
        put.with_context(|| format!("cannot write a {}", kind.word()))
    }

    fn ask(&self, kind: Kind, deed: Deed, file: &Path) -> Result<ObjectId> {
        let mut talks = self.talks.borrow_mut();
        let was_open = talks.contains_key(&(kind, deed));
        let mut words = String::new();
        for tried in 0..TRIES {
            let mut talk = match talks.remove(&(kind, deed)) {
                Some(talk) => talk,
                None => self.start(kind, deed)?,
            };
            let mut line = String::new();
            let heard = talk.tell(&quoted(file)).and_then(|()| Ok(talk.hear().read_line(&mut line)?));
            if heard.is_ok() && line.ends_with('\n') {
                talks.insert((kind, deed), talk);
                return line.trim().parse();
            }
            words = talk.last_words().unwrap_or_default();
            // One that had been open may have ended long ago.
            if !(tried == 0 && was_open || lost_its_folder(&words)) {
                break;
            }
        }
        Err(anyhow!("`git hash-object` ended: {}", words.trim()))
    }

    fn start(&self, kind: Kind, deed: Deed) -> Result<Talk> {
        let mut program = self.place.git().args(["hash-object", "-t", kind.word(), "--no-filters"]);
        if deed == Deed::Write {
            program = program.arg("-w");
        }
        if kind == Kind::Tree {
            // Entries that came from elsewhere are kept as they are, old modes too.
            program = program.arg("--literally");
        }
        program.arg("--stdin-paths").env("LC_ALL", "C").talk()
    }
}
