//! The file of the index: opened by many, removed only when nobody has it open.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rusqlite::{Connection, OpenFlags};

use crate::store::index::schema;

/// How long another process that writes is waited for; reading everything takes not much longer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Where it lies within gx's folder.
const NAME: &str = "index.db";

/// An index that is open.
pub(in crate::store) struct IndexFile {
    pub(super) connection: Connection,
    /// Which file it is.
    pub(super) inode: u64,
    path: PathBuf,
    /// Shared by all that have it open; whoever removes it must have it alone.
    _lock: File,
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// To ask it and to bring it up to date.
    Write,
    /// For questions that somebody else has worded.
    Read,
}

impl IndexFile {
    /// Opens it, made where there is none; one that cannot be used is removed first.
    pub(super) fn open(gx_dir: &Path, access: Access) -> Result<Self> {
        match Self::try_open(gx_dir, access) {
            Ok(file) => Ok(file),
            Err(error) if is_broken(&error) => {
                remove(gx_dir)?;
                Self::try_open(gx_dir, access)
            }
            Err(error) => Err(error),
        }
    }

    fn try_open(gx_dir: &Path, access: Access) -> Result<Self> {
        fs::create_dir_all(gx_dir)?;
        let lock = lock_file(gx_dir)?;
        // Held alone only for as long as a removal takes.
        lock.lock_shared()?;
        let path = gx_dir.join(NAME);
        let flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(64);
        if access == Access::Write {
            let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                return Err(anyhow!("the index cannot be kept here: SQLite has no WAL on this file system"));
            }
            // A power cut may take the last changes and leaves it whole; what is missing is found by its key.
            connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        }
        match schema::version(&connection)? {
            None | Some((schema::APPLICATION, schema::VERSION)) => {}
            Some(other) => return Err(Unusable(format!("it is of version {other:?}")).into()),
        }
        let inode = fs::metadata(&path)?.ino();
        Ok(Self { connection, inode, path, _lock: lock })
    }

    /// What is wrong with the file itself, where something is; nothing is changed.
    pub(super) fn damage(gx_dir: &Path) -> Result<Option<String>> {
        let check = || {
            let file = Self::try_open(gx_dir, Access::Read)?;
            Ok(file.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?)
        };
        match check() {
            Ok(word) if word == "ok" => Ok(None),
            Ok(words) => Ok(Some(words)),
            Err(error) if is_broken(&error) => Ok(Some(format!("{error:#}"))),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody has removed the file since.
    pub(super) fn is_gone(&self) -> bool {
        !fs::metadata(&self.path).is_ok_and(|meta| meta.ino() == self.inode)
    }
}

/// Why an index has to be made anew.
#[derive(Debug)]
pub(super) struct Unusable(pub(super) String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the index cannot be used: {}", self.0)
    }
}

impl std::error::Error for Unusable {}

/// Whether an error says that the file is damaged, of another version, or at odds with the repository.
pub(super) fn is_broken(error: &anyhow::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, TypeMismatch};
    error.chain().any(|cause| {
        cause.is::<Unusable>()
            || match cause.downcast_ref::<rusqlite::Error>() {
                Some(rusqlite::Error::SqliteFailure(failure, message)) => {
                    matches!(failure.code, DatabaseCorrupt | NotADatabase | TypeMismatch)
                        || message.as_deref().is_some_and(|message| message.starts_with("no such"))
                }
                Some(rusqlite::Error::SqlInputError { .. }) => true,
                Some(
                    rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..),
                ) => true,
                _ => false,
            }
    })
}

/// Removes the index, if nobody has it open.
///
/// # Errors
/// Somebody has, or it cannot be removed.
pub(super) fn remove(gx_dir: &Path) -> Result<()> {
    let lock = lock_file(gx_dir)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(anyhow!("the index is in use")),
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the index"),
    }
    for name in [NAME.to_owned(), format!("{NAME}-wal"), format!("{NAME}-shm")] {
        match fs::remove_file(gx_dir.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).context("cannot remove the index");
            }
            _ => {}
        }
    }
    Ok(())
}

fn lock_file(gx_dir: &Path) -> Result<File> {
    let path = gx_dir.join("index.held");
    let open = File::options().create(true).append(true).open(&path);
    open.with_context(|| format!("cannot write {}", path.display()))
}
