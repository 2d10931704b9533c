//! What going up stands on: the repository, the mirror, and what is public already.

use anyhow::Result;

use crate::error::fault;
use crate::git::repo::Repo;
use crate::git::transfer::Wire;
use crate::mirror::configured::Mirror;
use crate::mirror::pairs::Pairs;
use crate::mirror::pause::record::Moved;
use crate::mirror::strip::words::Words;
use crate::model::object::ObjectId;

/// The key of the line that says of which private commit a public one was made; without it there is no such line.
pub const PROVENANCE: &str = "gx.mirror.provenanceKey";

/// Where a plan may go, and what it grows on.
pub struct Ground<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The two repositories, and the policy.
    pub mirror: Mirror,
    /// What has a counterpart.
    pub pairs: Pairs,
    /// The rules about texts and people.
    pub words: Words,
    /// The tip of the public branch, as it is at this moment; nothing where there is none yet.
    pub public: Option<ObjectId>,
    /// The tips of all public branches that are known here.
    pub publics: Vec<ObjectId>,
    /// The key of provenance.
    pub provenance: Option<Vec<u8>>,
    /// The refs that looking has moved.
    pub seen: Vec<Moved>,
}

impl<'a> Ground<'a> {
    /// Fetches what is public, and reads the rest.
    ///
    /// # Errors
    /// There is no mirror, the public repository cannot be reached, or the policy cannot be understood.
    pub fn look(repo: &'a Repo, wire: &mut Wire) -> Result<Self> {
        let mirror = Mirror::needed(repo)?;
        let name = mirror.public.tracking();
        let from = repo.read_ref(&name)?;
        let public = fetch_public(repo, &mirror, wire)?;
        let to = repo.read_ref(&name)?.filter(|to| Some(*to) != from);
        let seen = to.map(|to| Moved { name, from, to }).into_iter().collect();
        let tracked = repo.refs(&format!("refs/remotes/{}/", mirror.public.remote))?;
        let mut publics: Vec<ObjectId> = tracked.into_iter().map(|one| one.target).collect();
        publics.extend(public.filter(|tip| !publics.contains(tip)));
        let provenance = repo.setting(PROVENANCE).filter(|key| !key.is_empty()).map(String::into_bytes);
        let words = Words::new(&mirror.policy, provenance.clone())?;
        Ok(Self { pairs: Pairs::load(repo)?, repo, words, public, publics, provenance, mirror, seen })
    }

    /// Reads the pairs again, where some were recorded since.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn reload(&mut self) -> Result<()> {
        self.pairs = Pairs::load(self.repo)?;
        Ok(())
    }

    /// Where a plan goes: to the fork of those who may not write to the public repository, else there.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn destination(&self) -> Result<String> {
        let url = self.mirror.fork.as_ref().unwrap_or(&self.mirror.public.url);
        self.repo.push_url_of(url)
    }
}

/// The public tip as it is now, fetched; nothing where the branch is not there.
fn fetch_public(repo: &Repo, mirror: &Mirror, wire: &mut Wire) -> Result<Option<ObjectId>> {
    let side = &mirror.public;
    let told = repo.advertised(&side.remote, &[&side.head()], wire.may_ask)?;
    let Some(there) = told.first().copied().flatten() else { return Ok(None) };
    if repo.read_ref(&side.tracking())? != Some(there) || !repo.has_object(there) {
        repo.fetch(&side.remote, &[side.refspec()], wire)?;
    }
    let now = repo.read_ref(&side.tracking())?;
    now.map(Some).ok_or_else(|| {
        fault(format!("`{}` of `{}` cannot be fetched", side.branch, side.remote))
            .hint(format!("try `git fetch {}`", side.remote))
            .into()
    })
}
