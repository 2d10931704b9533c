//! Somebody's signature of a plan, so that whoever made it cannot publish it alone.
//!
//! The keys that count stand in the private branch as the private remote has it: neither the work tree nor a local
//! branch, which the one who plans can write, is asked.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{Exit, fault};
use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::model::path::RepoPath;
use crate::process::command::Program;

/// What a signature is for, so that one for anything else does not count.
const NAMESPACE: &str = "gx-approval";

/// Where the keys stand, in the form of `ssh-keygen(1)`, ALLOWED SIGNERS.
const SIGNERS: &str = ".gx/allowed_signers";

/// Signs a digest with a key, by `ssh-keygen`, which may ask an agent or a token.
///
/// # Errors
/// It does not sign.
pub fn sign(repo: &Repo, digest: &str, key: &Path) -> Result<PathBuf> {
    let program = Program::new("ssh-keygen").args(["-Y", "sign", "-q", "-n", NAMESPACE, "-f"]).arg(key);
    let signature = program.input(text(digest)).run().map_err(|error| {
        fault(format!("the plan was not signed: {error:#}"))
            .hint("give the private key, or the public one of an agent: `--key ~/.ssh/id_ed25519`")
    })?;
    keep(repo, digest, &signature)
}

/// Takes a signature that was made elsewhere.
///
/// # Errors
/// The file cannot be read.
pub fn take(repo: &Repo, digest: &str, file: &Path) -> Result<PathBuf> {
    let signature = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    keep(repo, digest, &signature)
}

fn keep(repo: &Repo, digest: &str, signature: &[u8]) -> Result<PathBuf> {
    let place = place(repo, digest);
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(&place, signature).with_context(|| format!("cannot write {}", place.display()))?;
    Ok(place)
}

/// Checks that somebody whose key counts has signed a digest; who that is.
///
/// # Errors
/// Nobody has, or there are no keys.
pub fn verify(repo: &Repo, mirror: &Mirror, digest: &str) -> Result<String> {
    let signers = signers(repo, mirror)?;
    let signature = place(repo, digest);
    if !signature.exists() {
        return Err(unsigned(digest, "nobody has signed this plan"));
    }
    let folder = repo.gx_dir().join("tmp");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(format!("signers-{}", std::process::id()));
    fs::write(&file, signers).with_context(|| format!("cannot write {}", file.display()))?;
    let checked = check(&file, &signature, digest);
    let _ = fs::remove_file(&file);
    checked
}

fn check(signers: &Path, signature: &Path, digest: &str) -> Result<String> {
    let asked = |what: &str| {
        Program::new("ssh-keygen").args(["-Y", what, "-s"]).arg(signature).arg("-f").arg(signers)
    };
    let found = asked("find-principals").output()?;
    let people = String::from_utf8_lossy(&found.stdout).into_owned();
    for who in people.lines().filter(|who| found.status.success() && !who.is_empty()) {
        let program = asked("verify").args(["-n", NAMESPACE, "-I", who]).input(text(digest));
        if program.output()?.status.success() {
            return Ok(who.to_owned());
        }
    }
    Err(unsigned(digest, &format!("the signature of this plan is of nobody in {SIGNERS}")))
}

/// The keys, from the private remote's branch.
fn signers(repo: &Repo, mirror: &Mirror) -> Result<Vec<u8>> {
    let name = mirror.private.tracking();
    let entry = match repo.read_ref(&name)? {
        Some(tip) => repo.entry(repo.tree_of(tip)?, &RepoPath::from(SIGNERS))?,
        None => None,
    };
    let Some(entry) = entry else {
        return Err(fault(format!("plans must be signed, but `{name}` has no {SIGNERS}"))
            .hint(format!("put the keys of those who may approve into {SIGNERS} and push the private branch"))
            .exit(Exit::Blocked)
            .into());
    };
    repo.blob(entry.id)
}

fn unsigned(digest: &str, why: &str) -> anyhow::Error {
    let short = &digest[..digest.len().min(12)];
    fault(why)
        .hint(format!(
            "let somebody who may approve look at it and sign: `gx sync-up --approve {short} --key KEY`"
        ))
        .hint(format!("or take a signature made elsewhere: `gx sync-up --approve {short} --signature FILE`"))
        .exit(Exit::Blocked)
        .into()
}

fn text(digest: &str) -> Vec<u8> {
    format!("{digest}\n").into_bytes()
}

fn place(repo: &Repo, digest: &str) -> PathBuf {
    repo.gx_dir().join("mirror").join("approvals").join(format!("{digest}.sig"))
}
