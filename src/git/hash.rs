//! Hashing as Git does it, in either of its formats.

use anyhow::Result;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::git::engine::formats::Hash;
use crate::model::object::ObjectId;

/// The id that these bytes would have as a blob where `like` is one: threads ask it, which share no repository.
///
/// # Errors
/// None of a known hash.
pub fn blob_id(content: &[u8], like: ObjectId) -> Result<ObjectId> {
    let kind = if like.as_bytes().len() == Hash::Sha1.len() { Hash::Sha1 } else { Hash::Sha256 };
    hash(kind, &[format!("blob {}\0", content.len()).as_bytes(), content])
}

/// The hash over these parts, one after the other.
///
/// # Errors
/// None of a known hash.
pub(super) fn hash(hash: Hash, parts: &[&[u8]]) -> Result<ObjectId> {
    match hash {
        Hash::Sha1 => {
            let mut sum = Sha1::new();
            parts.iter().for_each(|part| sum.update(part));
            ObjectId::from_bytes(&sum.finalize())
        }
        Hash::Sha256 => {
            let mut sum = Sha256::new();
            parts.iter().for_each(|part| sum.update(part));
            ObjectId::from_bytes(&sum.finalize())
        }
    }
}
