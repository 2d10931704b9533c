//! What another repository says it has, asked without fetching anything.

use std::time::Duration;

use anyhow::Result;

use crate::error::fault;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::upload::shown;
use crate::process::log::sanitize;

/// How long somebody else's repository may take to say what it is called, where not knowing is no harm.
const GLANCE: Duration = Duration::from_secs(15);

impl Repo {
    /// What refs of a remote, by their full names, point to over there; nothing for those that it does not have.
    ///
    /// # Errors
    /// The remote cannot be reached.
    pub fn advertised(&self, remote: &str, names: &[&str], may_ask: bool) -> Result<Vec<Option<ObjectId>>> {
        let told = self.list_remote(remote, names, may_ask)?;
        let refs: Vec<(&str, &str)> = told.lines().filter_map(|line| line.split_once('\t')).collect();
        // A name given to git means any that ends so.
        let found = |name: &&str| refs.iter().find(|(_, found)| found == name).map(|(id, _)| id.parse());
        names.iter().map(|name| found(name).transpose()).collect()
    }

    /// All refs of a remote or an address with what they point to over there; tags themselves and not what they name.
    ///
    /// # Errors
    /// The other side cannot be reached.
    pub fn all_advertised(&self, remote: &str, may_ask: bool) -> Result<Vec<(String, ObjectId)>> {
        told_refs(&self.list_remote(remote, &[], may_ask)?)
    }

    /// The same of an address within a glance, and nobody is asked for a password.
    ///
    /// # Errors
    /// It cannot be reached so.
    pub fn glanced(&self, url: &str) -> Result<Vec<(String, ObjectId)>> {
        let program = self.network_git(false).env("GIT_SSH_COMMAND", batch_ssh(self));
        let told = program.args(["ls-remote", "--", url]).limit(GLANCE).run()?;
        told_refs(&String::from_utf8_lossy(&told))
    }

    /// What `git ls-remote` tells.
    fn list_remote(&self, remote: &str, names: &[&str], may_ask: bool) -> Result<String> {
        let output = self.network_git(may_ask).args(["ls-remote", "--", remote]).args(names).output()?;
        if !output.status.success() {
            let said = sanitize(&String::from_utf8_lossy(&output.stderr));
            let why = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("git said nothing");
            return Err(fault(format!("cannot reach `{}`: {why}", shown(remote)))
                .hint(format!("try `git ls-remote {}`: gx reaches it as git does", shown(remote)))
                .into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The branch that HEAD stands on in the repository at an address.
    ///
    /// Nothing where that cannot be learned: it is empty, far away, or wants a password.
    ///
    /// # Errors
    /// Why it could not be asked, in git's words.
    pub fn advertised_branch(&self, url: &str) -> Result<Option<String>> {
        let program = self.network_git(false).env("GIT_SSH_COMMAND", batch_ssh(self));
        let told = program.args(["ls-remote", "--symref", "--", url, "HEAD"]).limit(GLANCE).run()?;
        let told = String::from_utf8_lossy(&told).into_owned();
        let head = told.lines().find_map(|line| line.strip_prefix("ref: ")?.strip_suffix("\tHEAD"));
        Ok(head.and_then(|name| name.strip_prefix("refs/heads/")).map(str::to_owned))
    }

    /// Where a branch of a repository stands at this moment; nothing where it has none of that name.
    ///
    /// # Errors
    /// It cannot be reached within a glance.
    pub fn advertised_tip(&self, url: &str, branch: &str) -> Result<Option<ObjectId>> {
        let program = self.network_git(false).env("GIT_SSH_COMMAND", batch_ssh(self));
        let name = format!("refs/heads/{branch}");
        let told = program.args(["ls-remote", "--", url, &name]).limit(GLANCE).run()?;
        let told = String::from_utf8_lossy(&told).into_owned();
        let found = told.lines().filter_map(|line| line.split_once('\t')).find(|(_, found)| *found == name);
        found.map(|(id, _)| id.parse()).transpose()
    }
}

fn told_refs(told: &str) -> Result<Vec<(String, ObjectId)>> {
    let refs = told.lines().filter_map(|line| line.split_once('\t'));
    let named = refs.filter(|(_, name)| name.starts_with("refs/") && !name.ends_with("^{}"));
    named.map(|(id, name)| Ok((name.to_owned(), id.parse()?))).collect()
}

/// An ssh that asks nobody anything: there may be nobody.
fn batch_ssh(repo: &Repo) -> String {
    let own = std::env::var("GIT_SSH_COMMAND").ok().or_else(|| repo.setting("core.sshCommand"));
    format!("{} -o BatchMode=yes -o ConnectTimeout=10", own.as_deref().unwrap_or("ssh"))
}
