//! libgit2's errors, sorted into what is torn and what went wrong otherwise.

use git2::{ErrorClass, ErrorCode};

use crate::git::engine::objects::Torn;

/// An error of reading, as the room knows it.
pub fn told(error: git2::Error) -> anyhow::Error {
    if matches!(error.class(), ErrorClass::Os | ErrorClass::NoMemory) {
        return error.into();
    }
    Torn(error.to_string()).into()
}

/// Whether it only says that there is no such thing.
pub fn is_missing(error: &git2::Error) -> bool {
    error.code() == ErrorCode::NotFound
}
