//! Histories stripped, and compared with what git-filter-repo makes of them.

mod discarded;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::git::repo::Repo;
use crate::mirror::pairs::{Kind, Pair, Pairs};
use crate::mirror::policy::file::File;
use crate::mirror::policy::terms::Policy;
use crate::process::command::Program;

/// A bare repository that was written by `git fast-import`.
struct World {
    _folder: TempDir,
    path: PathBuf,
    repo: Repo,
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let run =
        Program::new("git").args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").dir(dir).run().unwrap();
    String::from_utf8(run).unwrap()
}

impl World {
    fn of(stream: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.git");
        // git-filter-repo knows no other formats.
        let init = Program::new("git").args(["init", "-q", "--bare", "-b", "main", "lab.git"]);
        let init = init.env("GIT_DEFAULT_HASH", "sha1").env("GIT_DEFAULT_REF_FORMAT", "files");
        init.dir(folder.path()).run().unwrap();
        let import = Program::new("git").args(["fast-import", "--quiet"]).dir(&path);
        import.input(stream.as_bytes().to_vec()).run().unwrap();
        let repo = Repo::discover(&path).unwrap();
        Self { _folder: folder, path, repo }
    }

    fn tip(&self) -> ObjectId {
        self.repo.revision("refs/heads/main").unwrap()
    }

    fn strip(&self, tip: ObjectId, publics: &[ObjectId], policy: &Policy) -> Stripped {
        let pairs = Pairs::load(&self.repo).unwrap();
        let publics = publics.to_vec();
        let ground = Ground { repo: &self.repo, policy, pairs: &pairs, publics, provenance: None };
        strip(&ground, tip, &mut |_, _| ()).unwrap()
    }

    fn forget(&self) {
        std::fs::remove_dir_all(self.repo.gx_dir().join("mirror")).unwrap();
    }

    /// What git-filter-repo makes of a copy; nothing where it is not installed.
    fn filtered(&self) -> Option<ObjectId> {
        let copy = self.path.parent().unwrap().join("copy.git");
        let clone = Program::new("git").args(["clone", "-q", "--bare", "."]).arg(&copy).dir(&self.path);
        clone.env("GIT_DEFAULT_REF_FORMAT", "files").run().unwrap();
        let rules =
            ["--invert-paths", "--path", "private", "--preserve-commit-hashes", "--preserve-commit-encoding"];
        let program =
            Program::new("git").arg("filter-repo").args(rules).args(["--force", "--quiet"]).dir(&copy);
        let told = program.output().unwrap();
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        // Versions before 2.47 do not know what today's git says of itself.
        if said.contains("is not a git command") || said.contains("need git >=") {
            eprintln!("SKIPPED: git-filter-repo is not installed, or too old: `pip install git-filter-repo`");
            return None;
        }
        assert!(told.status.success(), "{said}");
        Some(git(&copy, &["rev-parse", "refs/heads/main"]).trim().parse().unwrap())
    }
}

/// Messages and names as they are.
fn open_policy() -> Policy {
    Policy::join(Some(File::read("policy", "[messages]\ndefault = \"allow\"\n").unwrap()), &[]).unwrap()
}

/// Writes a history for `git fast-import`, deciding by a seed.
struct Author {
    stream: String,
    seed: u64,
    marks: usize,
    /// Whether a merge may throw away what the other side has.
    throws: bool,
}

/// A branch while it is written: its files with the turn in which each was written, and its last commit.
#[derive(Clone, Default)]
struct Branch {
    files: BTreeMap<String, (usize, bool)>,
    mark: Option<usize>,
}

impl Author {
    fn new(seed: u64) -> Self {
        Self { stream: String::new(), seed, marks: 0, throws: false }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % sides
    }

    fn commit(&mut self, branch: &mut Branch, others: &[usize], message: &str) {
        self.marks += 1;
        let (mark, at) = (self.marks, 1_700_000_000 + self.marks);
        writeln!(self.stream, "commit refs/heads/main\nmark :{mark}\nauthor A U <a@lab.example> {at} +0130")
            .unwrap();
        writeln!(self.stream, "committer C O <c@lab.example> {} -0700", at + 5).unwrap();
        if mark % 9 == 0 {
            self.stream.push_str("encoding ISO-8859-1\n");
        }
        writeln!(self.stream, "data {}\n{message}", message.len()).unwrap();
        branch.mark.iter().for_each(|from| writeln!(self.stream, "from :{from}").unwrap());
        others.iter().for_each(|other| writeln!(self.stream, "merge :{other}").unwrap());
        self.stream.push_str("deleteall\n");
        for (path, (turn, _)) in branch.files.iter().filter(|(_, (_, is_there))| *is_there) {
            let content = format!("{path} {turn}");
            writeln!(self.stream, "M 100644 inline {path}\ndata {}\n{content}", content.len()).unwrap();
        }
        self.stream.push('\n');
        branch.mark = Some(mark);
    }

    /// A change of some files of one branch: public, private, both, or none.
    fn change(&mut self, branch: &mut Branch, number: usize) {
        let kind = self.roll(10);
        let (file, turn) = (self.roll(3), self.marks + 1);
        let is_there = self.roll(6) > 0;
        if matches!(kind, 0..=4 | 8) {
            branch.files.insert(format!("b{number}/f{file}"), (turn, is_there));
        }
        if matches!(kind, 4..=7) {
            branch.files.insert(format!("private/b{number}-{file}"), (turn, is_there));
        }
        self.commit(branch, &[], &format!("turn {turn}\n\nof kind {kind}\n"));
    }
}

impl Author {
    /// What a merge makes of two branches.
    fn join(&mut self, one: &Branch, other: &Branch) -> Branch {
        if self.throws && self.roll(2) == 0 { one.clone() } else { joined(one, other) }
    }
}

/// Everything of both, of each file the later state: what git makes of branches that leave each other's files alone.
fn joined(one: &Branch, other: &Branch) -> Branch {
    let mut joined = one.clone();
    for (path, state) in &other.files {
        let mine = joined.files.entry(path.clone()).or_insert(*state);
        *mine = (*mine).max(*state);
    }
    joined
}

fn tangled(seed: u64, commits: usize) -> World {
    tangled_by(Author::new(seed), commits)
}

fn tangled_by(mut author: Author, commits: usize) -> World {
    let mut branches = vec![Branch::default()];
    author.change(&mut branches[0], 0);
    while author.marks < commits {
        let at = author.roll(branches.len() as u64) as usize;
        let other = author.roll(branches.len() as u64) as usize;
        match author.roll(12) {
            0 | 1 if branches.len() < 5 => branches.push(branches[at].clone()),
            2..=5 if at != other && branches[at].mark != branches[other].mark => {
                let mut merge = author.join(&branches[at], &branches[other]);
                let mark = branches[other].mark.unwrap();
                author.commit(&mut merge, &[mark], "join\n");
                branches[at] = merge;
            }
            _ => author.change(&mut branches[at], at),
        }
    }
    // All ends in one branch, so that all of it is compared.
    let mut last = branches.remove(0);
    for branch in branches {
        if branch.mark != last.mark {
            let mut merge = author.join(&last, &branch);
            author.commit(&mut merge, &[branch.mark.unwrap()], "join all\n");
            last = merge;
        }
    }
    writeln!(author.stream, "reset refs/heads/main\nfrom :{}", last.mark.unwrap()).unwrap();
    World::of(&author.stream)
}

fn line(commits: usize) -> World {
    let (mut author, mut branch) = (Author::new(7), Branch::default());
    while author.marks < commits {
        author.change(&mut branch, 0);
    }
    World::of(&author.stream)
}

#[test]
fn a_line_of_commits_comes_to_the_tip_that_git_filter_repo_comes_to() {
    let world = line(300);
    let stripped = world.strip(world.tip(), &[], &open_policy());
    if let Some(filtered) = world.filtered() {
        assert_eq!(stripped.tip, Some(filtered));
    }
    assert!(!stripped.emptied.is_empty() && stripped.made.len() > 100);
    git(&world.path, &["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn histories_full_of_merges_come_to_the_tips_that_git_filter_repo_comes_to() {
    for seed in 1..=12 {
        let world = tangled(seed, 160);
        let stripped = world.strip(world.tip(), &[], &open_policy());
        let Some(filtered) = world.filtered() else { return };
        assert_eq!(stripped.tip, Some(filtered), "seed {seed}");
    }
}

#[test]
fn again_and_in_two_steps_the_same_comes_out_as_at_once() {
    let world = tangled(42, 200);
    let at_once = world.strip(world.tip(), &[], &open_policy());
    assert!(world.strip(world.tip(), &[], &open_policy()) == at_once);
    world.forget();
    let middle = world.repo.commits_between(&[world.tip()], &[]).unwrap()[120];
    world.strip(middle, &[], &open_policy());
    let in_steps = world.strip(world.tip(), &[], &open_policy());
    assert_eq!((in_steps.tip, in_steps.made.len()), (at_once.tip, at_once.made.len()));
}

#[test]
fn what_is_public_stands_for_itself_and_only_what_is_new_is_made() {
    let world = line(60);
    let all = world.repo.commits_between(&[world.tip()], &[]).unwrap();
    let stripped = world.strip(world.tip(), &[all[20]], &open_policy());
    let made: Vec<ObjectId> = stripped.made.iter().map(|made| made.private).collect();
    assert!(made.iter().all(|private| all[21..].contains(private)));
    assert!(world.repo.is_ancestor(all[20], stripped.tip.unwrap()).unwrap());
}

#[test]
fn what_was_published_is_frozen_and_an_anchor_takes_the_place_of_all_before_it() {
    let world = line(60);
    let all = world.repo.commits_between(&[world.tip()], &[]).unwrap();
    let first = world.strip(all[40], &[], &open_policy());
    let published: Vec<Pair> = first
        .made
        .iter()
        .map(|made| Pair { private: made.private, public: made.public, kind: Kind::Published })
        .collect();
    Pairs::add(&world.repo, &published).unwrap();
    let strict =
        File::read("policy", "[paths]\nprivate = [\"b0/\"]\n[messages]\ndefault = \"allow\"\n").unwrap();
    let strict = Policy::join(Some(strict), &[]).unwrap();
    let later = world.strip(world.tip(), &[], &strict);
    assert!(
        world.repo.is_ancestor(first.tip.unwrap(), later.tip.unwrap()).unwrap(),
        "nothing published is made again"
    );
    let anchor = Pair { private: all[40], public: all[0], kind: Kind::Anchor };
    Pairs::add(&world.repo, &[anchor]).unwrap();
    let anchored = world.strip(world.tip(), &[all[0]], &open_policy());
    assert!(anchored.made.iter().all(|made| all[41..].contains(&made.private)));
    assert!(world.repo.is_ancestor(all[0], anchored.tip.unwrap()).unwrap());
}

#[test]
fn a_mention_of_an_ancestor_becomes_that_of_its_counterpart() {
    let (mut author, mut branch) = (Author::new(3), Branch::default());
    branch.files.insert("private/x".to_owned(), (1, true));
    branch.files.insert("a".to_owned(), (1, true));
    author.commit(&mut branch, &[], "first\n");
    let world = World::of(&author.stream);
    let first = world.tip();
    branch.files.insert("a".to_owned(), (2, true));
    author.commit(&mut branch, &[], &format!("Revert {first}\n\nas {} was\n", first.short()));
    let world = World::of(&author.stream);
    let stripped = world.strip(world.tip(), &[], &open_policy());
    let told = world.repo.message(stripped.tip.unwrap()).unwrap();
    let public = stripped.made[0].public;
    assert_eq!(told, format!("Revert {public}\n\nas {} was\n", public.short()));
}
