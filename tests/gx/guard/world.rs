//! A clone with the guard before it, a public place, and a private one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::Lab;

/// What became of a push.
#[derive(Debug)]
pub struct Pushed {
    pub code: Option<i32>,
    pub said: String,
}

/// A lab whose remote `public` nobody has declared private, and whose `origin` somebody has.
pub struct World {
    pub lab: Lab,
}

impl World {
    /// One commit on `main`, the hook put in, nothing pushed yet.
    pub fn new() -> Self {
        let world = Self::unguarded();
        world.lab.gx(&["guard", "install"]).exits(0);
        world
    }

    /// The same without the hook.
    pub fn unguarded() -> Self {
        Self::on(Lab::bare_folder())
    }

    /// The same in a folder that is no repository yet.
    pub fn on(lab: Lab) -> Self {
        lab.git(&["init", "-q", "-b", "main"]);
        for name in ["public", "origin"] {
            let place = lab.path(format!("../{name}.git"));
            lab.git(&["init", "-q", "--bare", "-b", "main", place.to_str().unwrap()]);
            lab.git(&["remote", "add", name, place.to_str().unwrap()]);
        }
        lab.git(&["config", "gx.remote.origin.privateUrl", lab.path("../origin.git").to_str().unwrap()]);
        lab.write("README.md", "read me\n");
        lab.write("src/train.py", "print(1)\n");
        lab.commit("start");
        Self { lab }
    }

    /// The same with a commit that holds a private file.
    pub fn with_secret() -> Self {
        let world = Self::new();
        world.add_secret();
        world
    }

    pub fn add_secret(&self) {
        self.lab.write("private/plan.md", "the plan\n");
        self.lab.commit("plan");
    }

    /// Commits any bytes as a commit or tag, as they are; its id.
    pub fn object(&self, kind: &str, text: &str) -> String {
        self.lab.write("../object", text);
        let made = self.lab.git(&["hash-object", "-t", kind, "-w", "--literally", "../object"]);
        made.trim().to_owned()
    }

    /// Something that passes for an experiment: a commit that only `refs/experiments/` has.
    pub fn experiment(&self) -> String {
        let tree = self.lab.rev("HEAD^{tree}");
        let made = self.lab.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "an experiment"]);
        self.lab.git(&["update-ref", "refs/experiments/exp-1", made.trim()]);
        made.trim().to_owned()
    }

    /// `git push` with these words.
    pub fn push(&self, words: &[&str]) -> Pushed {
        self.git(&[&["push"], words].concat())
    }

    /// git with these words, whatever it ends with.
    pub fn git(&self, words: &[&str]) -> Pushed {
        told(self.lab.command("git").args(words).output().unwrap())
    }

    /// The refs that a place has.
    pub fn there(&self, name: &str) -> Vec<String> {
        let place = self.place(name);
        let told =
            self.lab.git(&["--git-dir", place.to_str().unwrap(), "for-each-ref", "--format=%(refname)"]);
        told.lines().map(str::to_owned).collect()
    }

    pub fn place(&self, name: &str) -> PathBuf {
        self.lab.path(format!("../{name}.git")).canonicalize().unwrap()
    }

    /// The push is stopped by this rule, and nothing arrives at the public place.
    #[track_caller]
    pub fn is_blocked(&self, words: &[&str], rule: &str) -> Pushed {
        let before = self.there("public");
        let pushed = self.push(words);
        assert_eq!(pushed.code, Some(1), "{words:?}: {pushed:#?}");
        assert!(pushed.said.contains(rule), "{words:?}: {pushed:#?}");
        assert_eq!(self.there("public"), before, "{words:?}");
        pushed
    }

    /// The push goes through, and the guard says nothing about it.
    #[track_caller]
    pub fn passes(&self, words: &[&str]) {
        let pushed = self.push(&[&["-q"], words].concat());
        assert_eq!((pushed.code, pushed.said.as_str()), (Some(0), ""), "{words:?}");
    }

    /// Puts an executable script anywhere below the lab.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        self.lab.write(name, text);
        make_executable(&self.lab.path(name));
        self.lab.path(name)
    }

    /// Whether a file is there.
    pub fn has(&self, name: impl AsRef<Path>) -> bool {
        self.lab.path(name).exists()
    }
}

pub fn make_executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub fn told(output: Output) -> Pushed {
    let said = [output.stdout, output.stderr].concat();
    Pushed { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
}
