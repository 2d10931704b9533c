//! A repository that is pushed from, and what the guard says.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::git::raw::TreeItem;
use crate::model::object::ObjectId;
use crate::process::command::Program;

pub const PUBLIC: &str = "https://git.example/public.git";
pub const PRIVATE: &str = "https://git.example/private.git";

/// A repository with one commit of `README.md` on `main`, and one address that was declared private.
pub struct World {
    pub folder: tempfile::TempDir,
    pub name: &'static str,
}

/// What a push came to, in short: the rules that stopped it.
pub fn rules(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

impl World {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(flags: &[&str]) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap(), name: "lab" };
        fs::create_dir(world.dir()).unwrap();
        world.git(&[&["init", "-q", "-b", "main"], flags].concat());
        world.git(&["config", "gx.remote.origin.privateUrl", PRIVATE]);
        world.commit(&[("README.md", "read me\n")]);
        world
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    pub fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let told = Program::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@lab.example",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .dir(self.dir())
            .input(input.to_vec())
            .run()
            .unwrap();
        String::from_utf8_lossy(&told).trim().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes files and commits all there is.
    pub fn commit(&self, files: &[(&str, &str)]) -> ObjectId {
        files.iter().for_each(|(name, content)| self.write(name, content));
        self.git(&["add", "-Af"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "work"]);
        self.rev("HEAD")
    }

    /// Sets the policy that may loosen.
    pub fn policy(&self, text: &str) {
        let folder = self.dir().join(".git/gx");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("policy.toml"), text).unwrap();
    }

    pub fn rev(&self, name: &str) -> ObjectId {
        self.git(&["rev-parse", name]).parse().unwrap()
    }

    pub fn repo(&self) -> Repo {
        Repo::discover(&self.dir()).unwrap()
    }

    /// A commit of entries whose names no work tree could have.
    pub fn odd_commit(&self, entries: &[(u32, &[u8], ObjectId)]) -> ObjectId {
        let item = |(mode, name, id): &(u32, &[u8], ObjectId)| TreeItem {
            mode: *mode,
            name: name.to_vec(),
            id: *id,
        };
        let items: Vec<TreeItem> = entries.iter().map(item).collect();
        let tree = self.repo().write_tree_items(&items).unwrap();
        self.git(&["commit-tree", "-m", "odd", &tree.to_string()]).parse().unwrap()
    }

    pub fn blob(&self, content: &str) -> ObjectId {
        self.repo().write_blob(content.as_bytes()).unwrap()
    }

    /// What pushing `source` (what git would say it means) to a ref of an address would come to.
    pub fn push_to(&self, url: &str, source: &str, target: &str) -> Report {
        let new = self.git(&["rev-parse", source]).parse().unwrap();
        self.update(
            url,
            &[Update { source: source.to_owned(), new: Some(new), target: target.to_owned(), old: None }],
        )
    }

    pub fn update(&self, url: &str, updates: &[Update]) -> Report {
        let repo = self.repo();
        let tips: Vec<ObjectId> = updates.iter().filter_map(|update| update.new).collect();
        let policy = Policy::of(&repo, &tips).unwrap();
        let destination = Destination::of(&repo, "there", url).unwrap();
        check(&repo, &destination, updates, &policy, &Limits::none()).unwrap()
    }

    /// What gx would end with at a push of a commit, if also the policy cannot be read.
    pub fn exit(&self, new: ObjectId) -> Exit {
        let repo = self.repo();
        let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
        let target = "refs/heads/main".to_owned();
        let updates = [Update { source: target.clone(), new: Some(new), target, old: None }];
        let checked = Policy::of(&repo, &[new])
            .and_then(|policy| check(&repo, &destination, &updates, &policy, &Limits::none()));
        checked.map_or_else(|error| crate::error::tell(&error).exit, |report| report.exit())
    }

    /// What pushing `main` to the public address would come to.
    pub fn push(&self) -> Report {
        self.push_to(PUBLIC, "refs/heads/main", "refs/heads/main")
    }

    /// The same, and the guard lets it pass; whether it arrives nobody knows.
    pub fn let_pass(&self) -> Report {
        let report = self.push();
        assert_eq!(rules(&report), Vec::<&str>::new(), "{report:#?}");
        report.remember().unwrap();
        report
    }

    /// The same, and it arrives, as git takes down.
    pub fn pass(&self) -> Report {
        let report = self.let_pass();
        self.git(&["config", "remote.public.url", PUBLIC]);
        self.git(&["update-ref", "refs/remotes/public/main", "refs/heads/main"]);
        report
    }

    /// What of `main` at the public address may not be there by what holds now.
    pub fn recheck(&self) -> Report {
        let (repo, new) = (self.repo(), self.rev("refs/remotes/public/main"));
        let target = "refs/heads/main".to_owned();
        let updates = [Update { source: target.clone(), new: Some(new), target, old: None }];
        let policy = Policy::of(&repo, &[new]).unwrap();
        let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
        check(&repo, &destination, &updates, &policy, &Limits::of_published()).unwrap()
    }
}
