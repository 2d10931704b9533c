//! A plan: what would be published, where, and on what it was built. Its digest stands for exactly that.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::mirror::policy::terms::hex;
use crate::mirror::up::offer::{Offer, Withheld};
use crate::model::object::ObjectId;

/// How a plan was made, as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Chosen changes, a commit each.
    Pick,
    /// A branch, commit by commit.
    Strip,
    /// All in one commit.
    Squash,
}

/// What would be published. It is kept in this form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The digest of all that decides what is published, in hexadecimal digits.
    pub digest: String,
    /// How it was made.
    pub mode: Mode,
    /// Where it goes.
    pub url: String,
    /// The branch there, without `refs/heads/`.
    pub branch: String,
    /// What that branch was when this was planned; nothing where it was not there.
    pub lease: Option<ObjectId>,
    /// The public tip that it was built on.
    pub public: Option<ObjectId>,
    /// The commit whose content it has, where it was a whole branch.
    pub private: Option<ObjectId>,
    /// What the branch is to be.
    pub tip: ObjectId,
    /// How many commits are new.
    pub count: usize,
    /// The new commits, the first of them where there are very many.
    pub offers: Vec<Offer>,
    /// What stays private.
    pub withheld: Vec<Withheld>,
    /// The title of a pull request.
    pub title: String,
    /// Its text.
    pub body: String,
}

impl Plan {
    /// The digest of what decides: where it goes, what it was planned against, and each commit.
    pub fn digest_of(&self, commits: &[ObjectId]) -> String {
        let id = |id: Option<ObjectId>| id.map_or("-".to_owned(), |id| id.to_string());
        let mut sum = Sha256::new();
        sum.update(format!("gx plan 1\n{}\n{}\n", self.url, self.branch));
        sum.update(format!("{}\n{}\n{}\n", id(self.lease), id(self.public), self.tip));
        commits.iter().for_each(|commit| sum.update(format!("{commit}\n")));
        hex(&sum.finalize())
    }

    /// The branch, in full.
    pub fn head(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// As it is written down.
    ///
    /// # Errors
    /// Never, but that JSON may fail.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}
