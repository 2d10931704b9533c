//! What a history is stripped against.

use crate::git::repo::Repo;
use crate::mirror::pairs::Pairs;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// What a branch is stripped against.
pub struct Ground<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// What is private.
    pub policy: &'a Policy,
    /// What has a public counterpart.
    pub pairs: &'a Pairs,
    /// The tips of what everybody can read.
    pub publics: Vec<ObjectId>,
    /// The key for [`crate::mirror::strip::words::Words::with_provenance`].
    pub provenance: Option<Vec<u8>>,
}
