//! What holds for one upload: the built-in policy, the private branch's, and what the pushed tip forbids besides.

use anyhow::{Context, Result};
use regex::bytes::{RegexSet, RegexSetBuilder};
use sha2::{Digest, Sha256};

use crate::config::globs::Globs;
use crate::config::units;
use crate::mirror::policy::file::{Approval, Content, Down, File, Message, Opaque, Sync, Up};
use crate::mirror::policy::{names, spelling};

/// All files joined, its patterns ready to be asked.
///
/// What forbids is a union. What loosens counts only from the private branch: a pushed tip can forbid more, never less.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The joined file: what forbids of all, what loosens of the private branch.
    pub file: File,
    /// The largest blob that is read, in bytes.
    pub max_blob: u64,
    /// Regular expressions of names that may not be read.
    pub denied_names: RegexSet,
    /// Regular expressions of e-mail addresses that may not be read.
    pub denied_emails: RegexSet,
    /// Regular expressions of what no message may say.
    pub denied_messages: RegexSet,
    private: Globs,
    never: Globs,
    except: Globs,
}

impl Policy {
    /// Joins the built-in policy with the private branch's and with those of the tips that are pushed.
    ///
    /// # Errors
    /// A pattern or a size that cannot be understood.
    pub fn join(private: Option<File>, pushed: &[File]) -> Result<Self> {
        pushed.iter().chain(&private).try_for_each(File::check)?;
        let mut file = File::built_in();
        if let Some(private) = private {
            loosen(&mut file, &private);
            forbid(&mut file, &private);
        }
        pushed.iter().for_each(|pushed| forbid(&mut file, pushed));
        let size = file.content.max_blob.as_deref().unwrap_or("50MiB");
        Ok(Self {
            max_blob: units::size(size)?,
            denied_names: texts(&file.refs.public.name_deny)?,
            denied_emails: texts(&file.identity.deny_email)?,
            denied_messages: texts(&file.messages.deny)?,
            private: paths(&with_folders(&file.paths.private))?,
            never: paths(&with_folders(&file.paths.never))?,
            except: paths(&file.paths.except)?,
            file,
        })
    }

    /// Whether a path is private. Every spelling that some file system takes for the same name counts.
    pub fn is_private(&self, path: &[u8]) -> bool {
        let path = spelling::of_path(path);
        self.private.matches(&path) && !self.except.matches(&path)
    }

    /// Whether a path may lie in no repository.
    pub fn is_never(&self, path: &[u8]) -> bool {
        let path = spelling::of_path(path);
        self.never.matches(&path) && !self.except.matches(&path)
    }

    /// Whether a path stays where it is when the rest goes public.
    pub fn is_withheld(&self, path: &[u8]) -> bool {
        let path = spelling::of_path(path);
        (self.private.matches(&path) || self.never.matches(&path)) && !self.except.matches(&path)
    }

    /// Whether a public place may have a ref of this name, and whether any ref of it may leave.
    pub fn is_public_ref(&self, name: &str) -> bool {
        let public = &self.file.refs.public;
        let is_allowed = public.allow.iter().flatten().any(|pattern| names::matches(pattern, name));
        is_allowed && !self.is_denied_ref(name)
    }

    /// Whether nothing that stands under this name may go to a public place.
    pub fn is_denied_ref(&self, name: &str) -> bool {
        names::matches_any_case(&self.file.refs.public.deny, name)
    }

    /// Whether a ref of a public place may be deleted.
    pub fn may_delete(&self, name: &str) -> bool {
        self.file.refs.public.allow_delete.iter().any(|pattern| names::matches(pattern, name))
    }

    /// A hash of all that decides what may leave: what was looked at under one need not be looked at again under it.
    ///
    /// Exceptions are left out: they let more pass, and take back nothing that has left.
    pub fn digest(&self) -> String {
        let File { refs, paths, content, identity, messages, submodules, sync: _, allow: _, origin: _ } =
            &self.file;
        let text = format!("{refs:?}{paths:?}{content:?}{identity:?}{messages:?}{submodules:?}");
        hex(&Sha256::digest(text))
    }

    /// What is done with what cannot be read.
    pub fn opaque(&self) -> Opaque {
        self.file.content.opaque.unwrap_or(Opaque::Warn)
    }

    /// From what share of private lines on a text is a copy; 0 for never.
    pub fn near_copy(&self) -> f64 {
        self.file.content.near_copy.unwrap_or(0.2)
    }

    /// Whether copies of private files are looked for at all.
    pub fn looks_for_copies(&self) -> bool {
        self.file.content.private_blobs.unwrap_or(true)
    }

    /// What becomes of messages.
    pub fn message(&self) -> Message {
        self.file.messages.default.unwrap_or(Message::DenyIfMixed)
    }

    /// How changes go up where the command does not say.
    pub fn up(&self) -> Up {
        self.file.sync.up.unwrap_or(Up::Pick)
    }

    /// How changes come down where the command does not say.
    pub fn down(&self) -> Down {
        self.file.sync.down.unwrap_or(Down::Merge)
    }

    /// Who must have agreed to what goes up.
    pub fn approval(&self) -> Approval {
        self.file.sync.approval.unwrap_or(Approval::None)
    }

    /// The branch of the public repository.
    pub fn public_branch(&self) -> &str {
        self.file.sync.public_branch.as_deref().unwrap_or("main")
    }

    /// The branch of the private repository.
    pub fn private_branch(&self) -> &str {
        self.file.sync.private_branch.as_deref().unwrap_or("main")
    }
}

fn forbid(file: &mut File, other: &File) {
    let add = |list: &mut Vec<String>, more: &[String]| {
        list.extend(more.iter().filter(|one| !list.contains(one)).cloned().collect::<Vec<_>>());
    };
    add(&mut file.refs.public.deny, &other.refs.public.deny);
    add(&mut file.refs.public.name_deny, &other.refs.public.name_deny);
    add(&mut file.paths.private, &other.paths.private);
    add(&mut file.paths.never, &other.paths.never);
    add(&mut file.identity.deny_email, &other.identity.deny_email);
    add(&mut file.messages.deny, &other.messages.deny);
    if other.sync.approval == Some(Approval::Signed) {
        file.sync.approval = other.sync.approval;
    }
}

fn loosen(file: &mut File, private: &File) {
    let add = |list: &mut Vec<String>, more: &[String]| list.extend(more.iter().cloned());
    if private.refs.public.allow.is_some() {
        file.refs.public.allow.clone_from(&private.refs.public.allow);
    }
    add(&mut file.refs.public.allow_delete, &private.refs.public.allow_delete);
    add(&mut file.paths.except, &private.paths.except);
    add(&mut file.submodules.public_urls, &private.submodules.public_urls);
    file.identity.public.extend(private.identity.public.clone());
    file.allow.extend(private.allow.iter().cloned());
    let (content, more) = (&mut file.content, &private.content);
    *content = Content {
        secrets: more.secrets.or(content.secrets),
        max_blob: more.max_blob.clone().or_else(|| content.max_blob.clone()),
        opaque: more.opaque.or(content.opaque),
        private_blobs: more.private_blobs.or(content.private_blobs),
        near_copy: more.near_copy.or(content.near_copy),
    };
    file.messages.default = private.messages.default.or(file.messages.default);
    let (sync, more) = (&mut file.sync, &private.sync);
    *sync = Sync {
        public_branch: more.public_branch.clone().or_else(|| sync.public_branch.clone()),
        private_branch: more.private_branch.clone().or_else(|| sync.private_branch.clone()),
        up: more.up.or(sync.up),
        down: more.down.or(sync.down),
        approval: more.approval.or(sync.approval),
    };
}

/// Patterns of folders, and what is called like one besides: in the place of a folder there may be a submodule, a link or
/// a file, which says as much.
fn with_folders(patterns: &[String]) -> Vec<String> {
    let bare = patterns.iter().filter_map(|pattern| pattern.strip_suffix('/'));
    patterns.iter().map(String::as_str).chain(bare).map(str::to_owned).collect()
}

fn paths(patterns: &[String]) -> Result<Globs> {
    Globs::new(&patterns.iter().map(|pattern| spelling::of_pattern(pattern)).collect::<Vec<_>>())
}

/// Regular expressions of the policy, in any case of letters.
fn texts(patterns: &[String]) -> Result<RegexSet> {
    RegexSetBuilder::new(patterns)
        .case_insensitive(true)
        .build()
        .context("a regular expression of the policy")
}

/// Bytes as people compare them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::read("policy", text).unwrap()
    }

    #[test]
    fn a_pushed_tip_forbids_more_and_never_less() {
        let private = file("[paths]\nexcept = [\"private/README.md\"]\n");
        let pushed = file(
            "[paths]\nprivate = [\"secret/\"]\nexcept = [\"private/\"]\n[sync]\napproval = \"signed\"\n",
        );
        let policy = Policy::join(Some(private), &[pushed]).unwrap();
        assert!(policy.is_private(b"secret/a") && policy.is_private(b"private/plan.md"));
        assert!(!policy.is_private(b"private/README.md"));
        assert!(policy.is_withheld(b"a/.env") && policy.is_withheld(b"secret/a"));
        assert!(!policy.is_withheld(b"private/README.md") && !policy.is_withheld(b"a"));
        assert_eq!(policy.approval(), Approval::Signed);
        let lax = file("[sync]\napproval = \"none\"\n");
        let strict = file("[sync]\napproval = \"signed\"\n");
        assert_eq!(Policy::join(Some(strict), &[lax]).unwrap().approval(), Approval::Signed);
        // What stands where the folder could be.
        assert!(policy.is_private(b"private") && policy.is_private(b"Private"));
    }
}
