//! Somebody's signature of a plan, so that whoever made it cannot publish it alone.
//!
//! The keys that count stand in the private branch as the private remote has it: neither the work tree nor a local
//! branch, which the one who plans can write, is asked.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{Exit, Fault, fault};
use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::model::path::RepoPath;
use crate::process::command::Program;
use crate::process::file;
use crate::process::log::sanitize;

/// What a signature is for, so that one for anything else does not count.
const NAMESPACE: &str = "gx-approval";

/// Where the keys stand, in the form of `ssh-keygen(1)`, ALLOWED SIGNERS.
const SIGNERS: &str = ".gx/allowed_signers";

/// Signs a digest with a key, by `ssh-keygen`, which may ask an agent or a token; whose key that is.
///
/// # Errors
/// It does not sign, or the key does not count: then nothing is kept.
pub fn sign(repo: &Repo, mirror: &Mirror, digest: &str, key: &Path) -> Result<String> {
    let program = Program::new("ssh-keygen").args(["-Y", "sign", "-q", "-n", NAMESPACE, "-f"]).arg(key);
    let signature = program.input(text(digest)).run().map_err(|error| {
        fault(format!("the plan was not signed: {error:#}"))
            .hint("give the private key, or the public one of an agent: `--key ~/.ssh/id_ed25519`")
    })?;
    keep(repo, mirror, digest, &signature)
}

/// Takes a signature that was made elsewhere; whose it is.
///
/// # Errors
/// The file cannot be read, it is no signature of this plan, or its key does not count: then nothing is kept.
pub fn take(repo: &Repo, mirror: &Mirror, digest: &str, file: &Path) -> Result<String> {
    let signature = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    keep(repo, mirror, digest, &signature)
}

/// Keeps a signature that counts, in the place of an earlier one.
fn keep(repo: &Repo, mirror: &Mirror, digest: &str, signature: &[u8]) -> Result<String> {
    let who = who(repo, mirror, digest, signature)?;
    file::write(&place(repo, digest), signature)?;
    Ok(who)
}

/// Checks that somebody whose key counts has signed a digest; who that is.
///
/// # Errors
/// Nobody has, or there are no keys.
pub fn verify(repo: &Repo, mirror: &Mirror, digest: &str) -> Result<String> {
    match fs::read(place(repo, digest)) {
        Ok(signature) => who(repo, mirror, digest, &signature),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            signers(repo, mirror)?;
            Err(unsigned(digest, "nobody has signed this plan".to_owned()).into())
        }
        Err(error) => Err(error).context("cannot read the signature of the plan"),
    }
}

/// Whose signature of a digest this is.
fn who(repo: &Repo, mirror: &Mirror, digest: &str, signature: &[u8]) -> Result<String> {
    let signers = signers(repo, mirror)?;
    let (keys, signed) = (repo.scratch("signers")?, repo.scratch("signature")?);
    let written = fs::write(&keys, signers).and_then(|()| fs::write(&signed, signature));
    let checked = written.context("cannot write what ssh-keygen is to look at");
    let checked = checked.and_then(|()| check(mirror, &keys, &signed, digest));
    for path in [keys, signed] {
        let _ = fs::remove_file(path);
    }
    checked
}

fn check(mirror: &Mirror, signers: &Path, signature: &Path, digest: &str) -> Result<String> {
    let asked = |what: &str| Program::new("ssh-keygen").args(["-Y", what, "-s"]).arg(signature);
    let looked = asked("check-novalidate").args(["-n", NAMESPACE]).input(text(digest)).output()?;
    if !looked.status.success() {
        let said = sanitize(&String::from_utf8_lossy(&looked.stderr));
        let why =
            said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("ssh-keygen rejects it");
        return Err(
            unsigned(digest, format!("this is no signature of this plan for `{NAMESPACE}`: {why}")).into()
        );
    }
    let found = asked("find-principals").arg("-f").arg(signers).output()?;
    let people = String::from_utf8_lossy(&found.stdout).into_owned();
    for who in people.lines().filter(|who| found.status.success() && !who.is_empty()) {
        let program = asked("verify").arg("-f").arg(signers).args(["-n", NAMESPACE, "-I", who]);
        if program.input(text(digest)).output()?.status.success() {
            return Ok(who.to_owned());
        }
    }
    // "Good "gx-approval" signature with ED25519 key SHA256:…"
    let told = String::from_utf8_lossy(&looked.stdout).into_owned();
    let key = told.split_whitespace().next_back().unwrap_or("unknown").to_owned();
    let name = mirror.private.tracking();
    Err(unsigned(digest, format!("the key {key} of this signature is not in {SIGNERS} of `{name}`")).into())
}

/// The keys, from the private remote's branch.
fn signers(repo: &Repo, mirror: &Mirror) -> Result<Vec<u8>> {
    let name = mirror.private.tracking();
    let entry = match repo.read_ref(&name)? {
        Some(tip) => repo.entry(repo.tree_of(tip)?, &RepoPath::from(SIGNERS))?,
        None => None,
    };
    let Some(entry) = entry else {
        return Err(fault(format!("nobody's signature of a plan counts: `{name}` has no {SIGNERS}"))
            .hint(format!("put the keys of those who may approve into {SIGNERS} and push the private branch"))
            .exit(Exit::Blocked)
            .into());
    };
    repo.blob(entry.id)
}

fn unsigned(digest: &str, why: String) -> Fault {
    let short = &digest[..digest.len().min(12)];
    fault(why)
        .hint(format!(
            "let somebody who may approve look at it and sign: `gx sync-up --approve {short} --key KEY`"
        ))
        .hint(format!("or take a signature made elsewhere: `gx sync-up --approve {short} --signature FILE`"))
        .exit(Exit::Blocked)
}

fn text(digest: &str) -> Vec<u8> {
    format!("{digest}\n").into_bytes()
}

fn place(repo: &Repo, digest: &str) -> PathBuf {
    repo.gx_dir().join("mirror").join("approvals").join(format!("{digest}.sig"))
}
