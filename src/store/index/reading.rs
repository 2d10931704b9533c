//! Asking the index: only in a state that is the repository's own, and never so that a command depends on it.

use std::cell::RefCell;

use anyhow::Result;
use rusqlite::{Connection, TransactionBehavior};

use crate::process::fail;
use crate::store::experiments::{Store, Work};
use crate::store::index::build::build;
use crate::store::index::catch_up::catch_up;
use crate::store::index::columns::Columns;
use crate::store::index::file::{Access, IndexFile, Unusable, is_broken, remove};
use crate::store::index::state::{Key, State};
use crate::store::index::turn::{Number, Turn};
use crate::store::moment::Moment;

/// The index at one moment, in which it holds what the repository held when the question was put.
pub(in crate::store) struct Reading<'c> {
    pub(super) connection: &'c Connection,
    columns: RefCell<Option<Columns>>,
}

impl Reading<'_> {
    /// Does something with the columns, which most questions need not know.
    pub(in crate::store) fn with_columns<T>(&self, make: impl FnOnce(&Columns) -> Result<T>) -> Result<T> {
        let mut columns = self.columns.borrow_mut();
        if columns.is_none() {
            *columns = Some(Columns::load(self.connection)?);
        }
        make(columns.as_ref().expect("it was loaded a line above"))
    }
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// Every experiment.
    All,
    /// Those that have a record.
    Results,
}

/// What may have happened since the last question of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// Experiments were begun, if anything.
    Begun,
    /// Anything else.
    Recorded,
}

impl Store<'_> {
    /// The answer of the index; nothing where there is none to ask, and everything must be read.
    ///
    /// The index never stands in the way: one that is locked, cannot be written, is damaged or fails in any other way
    /// is not asked, and one that is damaged is made anew by the next question.
    pub(in crate::store) fn ask<T>(&self, question: &dyn Fn(&Reading<'_>) -> Result<T>) -> Option<T> {
        self.ask_about(About::All, &|| None, question)
    }

    /// As [`Self::ask`], for what follows from results alone: an index that lacks experiments without any will do, and
    /// so will the last answer where nothing was recorded since. `words` tell the question from every other one.
    pub(in crate::store) fn ask_of_results<T: Clone + 'static>(
        &self,
        words: &str,
        question: &dyn Fn(&Reading<'_>) -> Result<T>,
    ) -> Option<T> {
        let known = || self.answers.borrow().get(words).and_then(|known| known.downcast_ref::<T>()).cloned();
        let answer = self.ask_about(About::Results, &known, question)?;
        self.answers.borrow_mut().insert(words.to_owned(), Box::new(answer.clone()));
        Some(answer)
    }

    fn ask_about<T>(
        &self,
        about: About,
        known: &dyn Fn() -> Option<T>,
        question: &dyn Fn(&Reading<'_>) -> Result<T>,
    ) -> Option<T> {
        if !self.has_index {
            return None;
        }
        for _ in 0..2 {
            match self.try_ask(about, known, question) {
                Ok(answer) => return answer,
                Err(error) if is_broken(&error) => {
                    self.index.borrow_mut().take();
                    remove(&self.repo.gx_dir()).ok()?;
                }
                Err(_) => return None,
            }
        }
        None
    }

    /// Puts several questions of which each may have the answer of the moment of the first, so that the repository is
    /// looked at once; nothing is recorded meanwhile.
    pub fn at_one_moment<T>(&self, questions: impl FnOnce() -> Result<T>) -> Result<T> {
        self.moment.set(Moment::Next);
        let answer = questions();
        self.moment.set(Moment::Each);
        answer
    }

    fn try_ask<T>(
        &self,
        about: About,
        known: &dyn Fn() -> Option<T>,
        question: &dyn Fn(&Reading<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let is_same = self.moment.get() == Moment::Same && self.index.borrow().is_some();
        let seen = Number::of_now(&self.repo.gx_dir());
        let state = if is_same { None } else { Some(State::of(self.repo)?) };
        if state.as_ref().is_some_and(State::is_empty) {
            return Ok(None);
        }
        let mut index = self.index.borrow_mut();
        if index.as_ref().is_some_and(IndexFile::is_gone) {
            *index = None;
        }
        let mut file = match index.take() {
            Some(file) => file,
            None => {
                self.indexed.take();
                IndexFile::open(&self.repo.gx_dir(), Access::Write)?
            }
        };
        if let Some(state) = state {
            if self.make_sure(about, &state, seen, &mut file)? == Since::Recorded {
                self.answers.borrow_mut().clear();
            }
            *self.indexed.borrow_mut() = Some((state.refs, state.notes));
        }
        let answer = match known() {
            Some(answer) => answer,
            None => {
                // Others may have brought it further meanwhile, and never back: it is no older than the question.
                let transaction = file.connection.transaction()?;
                question(&Reading { connection: &transaction, columns: RefCell::new(None) })?
            }
        };
        *index = Some(file);
        if self.moment.get() == Moment::Next {
            self.moment.set(Moment::Same);
        }
        Ok(Some(answer))
    }

    /// Has the index hold what a question about a state is about.
    fn make_sure(&self, about: About, state: &State, seen: Number, file: &mut IndexFile) -> Result<Since> {
        let indexed = self.indexed.borrow();
        if about == About::Results
            && let Some(indexed) = indexed.as_ref().filter(|_| has_tables(&file.connection).unwrap_or(false))
            && state.only_began_since(indexed, self.repo)?
        {
            return Ok(Since::Begun);
        }
        if !is_of(file, state)? {
            self.catch_up_after(seen, file)?;
        }
        Ok(Since::Recorded)
    }

    /// Has the index hold what the repository held after `seen`: by this process, or by another that it waited for.
    fn catch_up_after(&self, seen: Number, file: &mut IndexFile) -> Result<()> {
        match Turn::take(&self.repo.gx_dir(), seen)? {
            // Unless the index was removed and has not been made anew.
            Turn::Spared if has_tables(&file.connection)? => Ok(()),
            Turn::Spared => self.bring_up_to_date(file),
            Turn::Own(hold) => {
                self.bring_up_to_date(file)?;
                hold.done()
            }
        }
    }

    /// Writes into the index what has changed since.
    fn bring_up_to_date(&self, file: &mut IndexFile) -> Result<()> {
        let transaction = file.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Looked at again, now that nobody else writes: the index never goes back.
        let mut state = State::of(self.repo)?;
        let old = if has_tables(&transaction)? { Key::read(&transaction)? } else { None };
        match old {
            Some(old) if old == state.key(file.inode) => return Ok(()),
            Some(old) if old.is_of_file_of(&state.key(file.inode)) => {
                let caught_up = catch_up(&transaction, self.repo, &old, &mut state, file.inode);
                caught_up.map_err(|error| Unusable(format!("{error:#}")))?;
                fail::point("index-caught-up");
                transaction.commit()?;
            }
            Some(_) => return Err(Unusable("it was copied from elsewhere".to_owned()).into()),
            None if has_tables(&transaction)? => return Err(Unusable("it is half made".to_owned()).into()),
            None => {
                let tell = |done, total| self.tell(Work::Index, done, total);
                build(&transaction, self.repo, &mut state, &tell)?;
                state.key(file.inode).write(&transaction)?;
                fail::point("index-built");
                transaction.commit()?;
                // So that the log does not stay as large as the index.
                let _ = file.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
            }
        }
        fail::point("index-written");
        Ok(())
    }
}

/// Whether an index holds what the repository held at a moment.
fn is_of(file: &IndexFile, state: &State) -> Result<bool> {
    let transaction = file.connection.unchecked_transaction()?;
    let known = if has_tables(&transaction)? { Key::read(&transaction)? } else { None };
    Ok(known.as_ref() == Some(&state.key(file.inode)))
}

pub(super) fn has_tables(connection: &Connection) -> Result<bool> {
    let count: i64 =
        connection.prepare_cached("SELECT count(*) FROM sqlite_schema")?.query_row([], |row| row.get(0))?;
    Ok(count > 0)
}

#[cfg(test)]
mod tests;
