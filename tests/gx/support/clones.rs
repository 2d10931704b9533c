//! Several clones of one lab, and the bare remote between them.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::Lab;

/// A bare repository that clones share.
pub struct Remote {
    folder: TempDir,
}

impl Remote {
    /// An empty one.
    pub fn new() -> Self {
        Self::by(&Lab::bare_folder())
    }

    /// An empty one, of the format that a lab's environment asks for.
    pub fn by(lab: &Lab) -> Self {
        let remote = Self { folder: tempfile::tempdir().unwrap() };
        lab.git(&["init", "-q", "--bare", remote.url().as_str()]);
        remote
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    pub fn url(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }

    /// A lab of its own name whose `origin` this is, declared private; all start from the same commit.
    pub fn lab(&self, site: &str) -> Lab {
        let lab = self.fresh_lab();
        lab.gx(&["init", "--site", site]).exits(0);
        lab.gx(&["remote", "trust", "origin", "--private"]).exits(0);
        lab
    }

    /// A lab whose `origin` this is; nothing is declared about it, and it has no name.
    pub fn fresh_lab(&self) -> Lab {
        let lab = Lab::new();
        lab.git(&["remote", "add", "origin", &self.url()]);
        lab
    }

    /// Calls git in it; it must succeed.
    #[track_caller]
    pub fn git(&self, lab: &Lab, arguments: &[&str]) -> String {
        lab.git(&[&["--git-dir", self.url().as_str()], arguments].concat())
    }

    /// The names of its refs that are about experiments.
    pub fn refs(&self, lab: &Lab) -> Vec<String> {
        let told = self.git(lab, &["for-each-ref", "--format=%(refname)"]);
        told.lines().filter(|name| !name.starts_with("refs/heads/")).map(str::to_owned).collect()
    }

    /// Puts a script in the place of one of its hooks.
    pub fn hook(&self, lab: &Lab, name: &str, script: &str) {
        let path = self.path().join("hooks").join(name);
        let writing = "mkdir -p \"${1%/*}\"; printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
        let written = lab.command("sh").args(["-c", writing, "sh"]).arg(path).arg(script).status().unwrap();
        assert!(written.success());
    }
}
