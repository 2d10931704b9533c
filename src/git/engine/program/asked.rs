//! A `git cat-file` that is kept running and asked again and again; started anew where it has ended.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, ErrorKind, Read};

use anyhow::{Context, Result, anyhow};

use crate::git::engine::objects::{Kind, Object, Torn};
use crate::git::engine::place::Place;
use crate::model::object::ObjectId;
use crate::process::command::Program;
use crate::process::talk::Talk;

/// The first line of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Which object.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// How many bytes follow where they were asked for.
    pub size: u64,
}

/// One that is asked.
pub(in crate::git::engine) struct Asked {
    place: Place,
    talk: RefCell<Option<Talk>>,
}

/// The program as gx reads with it: nothing is replaced, and no remote is asked without need.
pub(super) fn cat_file(place: &Place) -> Program {
    place
        .git()
        .arg("cat-file")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
}

impl Asked {
    pub(super) fn new(place: &Place) -> Self {
        Self { place: place.clone(), talk: RefCell::new(None) }
    }

    /// Ends it, until the next question.
    pub(super) fn rest(&self) {
        self.talk.take();
    }

    /// What a name of Git's own grammar names; nothing where it is not there.
    pub(super) fn info(&self, name: &str) -> Result<Option<Header>> {
        self.ask(&format!("info {name}\n"), |_, header| Ok(header))
    }

    /// An object, where it is there.
    pub(super) fn contents(&self, id: ObjectId) -> Result<Option<Object>> {
        self.ask(&format!("contents {id}\n"), |heard, header| {
            header.map(|header| body(heard, header)).transpose()
        })
    }

    fn ask<T>(
        &self,
        question: &str,
        hear: impl Fn(&mut dyn BufRead, Option<Header>) -> Result<T>,
    ) -> Result<T> {
        let mut talk = self.talk.borrow_mut();
        // One that has answered before may have been ended by somebody; a fresh one ends because of the question.
        let tries = if talk.is_some() { 2 } else { 1 };
        let mut words = String::new();
        for _ in 0..tries {
            let mut asked = match talk.take() {
                Some(asked) => asked,
                None => cat_file(&self.place).arg("--batch-command").talk()?,
            };
            let answer = asked.tell(question.as_bytes()).and_then(|()| {
                let heard = asked.hear();
                let header = header(heard)?;
                hear(heard, header)
            });
            match answer {
                Ok(answer) => {
                    *talk = Some(asked);
                    return Ok(answer);
                }
                Err(error) => words = asked.last_words().unwrap_or_else(|| error.to_string()),
            }
        }
        Err(ended(&words))
    }
}

/// What it means that the program has ended instead of answering.
pub(super) fn ended(words: &str) -> anyhow::Error {
    let words = words.trim();
    if words.contains("Permission denied")
        || words.contains("Cannot allocate")
        || words.contains("Too many open")
    {
        return anyhow!("cannot read objects: {words}");
    }
    Torn(if words.is_empty() {
        "`git cat-file` ended without an answer".to_owned()
    } else {
        words.to_owned()
    })
    .into()
}

/// What it means that an object is not there: it is missing, or may not be read.
pub(super) fn missing(place: &Place, id: ObjectId) -> anyhow::Error {
    let path = place.loose_path(id);
    match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            anyhow::Error::from(error).context(format!("cannot read {}", path.display()))
        }
        _ => Torn(format!("object {id} is missing or damaged")).into(),
    }
}

/// Reads the first line of an answer; nothing where it says that there is no such object.
pub(super) fn header(heard: &mut dyn BufRead) -> Result<Option<Header>> {
    let mut line = String::new();
    heard.read_line(&mut line).context("cannot read what git says")?;
    let Some(line) = line.strip_suffix('\n') else { return Err(anyhow!("`git cat-file` ended")) };
    let words: Vec<&str> = line.split(' ').collect();
    if let [id, kind, size] = words[..]
        && let (Ok(id), Ok(size)) = (id.parse(), size.parse())
        && let Some(kind) = Kind::ALL.into_iter().find(|known| known.word() == kind)
    {
        return Ok(Some(Header { id, kind, size }));
    }
    if line.ends_with(" missing") || line.ends_with(" ambiguous") {
        return Ok(None);
    }
    Err(anyhow!("`git cat-file` said `{line}`"))
}

/// Reads the bytes that follow the first line.
pub(super) fn body(heard: &mut dyn BufRead, header: Header) -> Result<Object> {
    let mut content = Vec::new();
    read_body(heard, header, &mut content)?;
    Ok(Object { kind: header.kind, content })
}

/// As [`body`], into room that was there.
pub(super) fn read_body(heard: &mut dyn BufRead, header: Header, content: &mut Vec<u8>) -> Result<()> {
    content.clear();
    let length = usize::try_from(header.size)? + 1;
    content.reserve(length);
    let read = heard.take(length as u64).read_to_end(content).context("cannot read what git says")?;
    if read != length || content.pop() != Some(b'\n') {
        return Err(anyhow!("`git cat-file` ended in the middle of {}", header.id));
    }
    Ok(())
}
