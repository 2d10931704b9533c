//! A public repository with its author, a private one, and a clone between them.

use serde_json::Value;

use crate::support::Lab;
use crate::support::clones::Remote;

/// All of it.
pub struct World {
    pub public: Remote,
    pub private: Remote,
    /// The author of the public repository.
    pub upstream: Lab,
    /// The clone that is set up as a mirror.
    pub lab: Lab,
}

impl World {
    /// Before anything is set up: the clone is a plain one of the public repository, on `main`.
    pub fn plain() -> Self {
        Self::plain_in(&[])
    }

    /// The same, all repositories made with these variables set.
    pub fn plain_in(formats: &[(&str, &str)]) -> Self {
        let lab = || formats.iter().fold(Lab::bare_folder(), |lab, (name, value)| lab.with(name, value));
        let (public, private) = (Remote::by(&lab()), Remote::by(&lab()));
        let upstream = lab();
        upstream.git(&["init", "-q", "-b", "main"]);
        upstream.git(&["remote", "add", "origin", &public.url()]);
        upstream.write("train.py", "one\ntwo\nthree\nfour\nfive\n");
        upstream.write("README.md", "read me\n");
        upstream.commit("start");
        let world = Self { public, private, upstream, lab: lab() };
        world.publish();
        for remote in [&world.public, &world.private] {
            remote.git(&world.upstream, &["symbolic-ref", "HEAD", "refs/heads/main"]);
        }
        world.lab.git(&["clone", "-q", &world.public.url(), "."]);
        world
    }

    /// Set up, and synced once: the policy is committed, and the private repository has it.
    pub fn new() -> Self {
        let world = Self::plain();
        world.init(&[]);
        world.lab.gx(&["sync-down"]).exits(0);
        world
    }

    /// `gx mirror init` with more words; it must succeed.
    #[track_caller]
    pub fn init(&self, more: &[&str]) -> Value {
        let (public, private) = (self.public.url(), self.private.url());
        let words = ["mirror", "init", "--json", "--public", &public, "--private", &private];
        self.lab.gx(&[&words[..], more].concat()).exits(0).json()
    }

    /// The author sends what is committed.
    pub fn publish(&self) {
        self.upstream.git(&["push", "-q", "--force", "origin", "HEAD:refs/heads/main"]);
    }

    /// The author changes a file and sends that; the commit.
    #[track_caller]
    pub fn upstream_writes(&self, path: &str, content: &str) -> String {
        self.upstream.write(path, content);
        self.upstream.commit(&format!("change {path}"));
        self.publish();
        self.upstream.rev("HEAD")
    }

    /// The clone changes a file and commits that; the commit.
    #[track_caller]
    pub fn lab_writes(&self, path: &str, content: &str) -> String {
        self.lab.write(path, content);
        self.lab.commit(&format!("change {path}"));
        self.lab.rev("HEAD")
    }

    /// `gx sync-down --json` with more words.
    #[track_caller]
    pub fn sync(&self, more: &[&str], exit: i32) -> Value {
        self.lab.gx(&[&["sync-down", "--json"][..], more].concat()).exits(exit).json()
    }

    /// `gx mirror status --json`.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.lab.gx(&["mirror", "status", "--json"]).exits(0).json()
    }

    /// Both sides change the same line; gx has stopped in a work tree, whose place this is.
    #[track_caller]
    pub fn conflict(&self) -> String {
        self.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
        self.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
        self.sync(&[], 1)["worktree"].as_str().unwrap().to_owned()
    }

    /// Every ref of the clone.
    pub fn refs(&self) -> String {
        self.lab.git(&["for-each-ref"])
    }

    /// What the private repository's branch is at.
    #[track_caller]
    pub fn private_main(&self) -> String {
        self.private.git(&self.lab, &["rev-parse", "refs/heads/main"]).trim().to_owned()
    }
}
