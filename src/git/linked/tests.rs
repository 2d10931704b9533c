//! Editing trees in real repositories, and what Git itself says about them.

use super::*;
use std::os::unix::fs::symlink;

struct World {
    folder: tempfile::TempDir,
    repo: Repo,
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let program = Program::new("git").dir(dir).args(["-c", "user.name=t", "-c", "user.email=t@t"]);
    String::from_utf8(program.args(arguments).run().unwrap()).unwrap().trim().to_owned()
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("lab");
        fs::create_dir(&top).unwrap();
        fs::write(top.join("train.py"), "1\n").unwrap();
        fs::write(top.join(".gitignore"), "data\n").unwrap();
        let repo = Repo::create(&top, "start").unwrap();
        Self { folder, repo }
    }

    fn head(&self) -> ObjectId {
        self.repo.head().unwrap().commit
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }
}

#[test]
fn an_editing_tree_has_the_tag_for_gx_and_for_git_and_the_main_one_has_not() {
    let world = World::new();
    let repo = world.repo.add_worktree(&world.place("a"), world.head(), "mar5").unwrap();
    assert_eq!(repo.setting("gx.tag").as_deref(), Some("mar5"));
    assert_eq!(repo.gx_settings().unwrap(), [("gx.tag".to_owned(), "mar5".to_owned())]);
    assert_eq!(git(&world.place("a"), &["config", "gx.tag"]), "mar5");
    let main = Repo::discover(world.repo.work_dir()).unwrap();
    assert_eq!(main.setting("gx.tag"), None);
    // A second one, made from within the first.
    let second = repo.add_worktree(&world.place("b"), world.head(), "apr1").unwrap();
    assert_eq!(second.setting("gx.tag").as_deref(), Some("apr1"));
    assert_eq!(repo.setting("gx.tag").as_deref(), Some("mar5"));
    assert_eq!(git(&world.place("b"), &["status", "--porcelain"]), "");
    assert!(second.head().unwrap().branch.is_none());
}

#[test]
fn settings_about_the_main_work_tree_move_to_it() {
    let world = World::new();
    let elsewhere = world.place("elsewhere");
    fs::rename(world.repo.work_dir(), &elsewhere).unwrap();
    let git_dir = world.place("lab.git");
    fs::rename(elsewhere.join(".git"), &git_dir).unwrap();
    git(&git_dir, &["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let repo = Repo::discover(&git_dir).unwrap();
    let head = repo.head().unwrap().commit;
    let linked = repo.add_worktree(&world.place("a"), head, "mar5").unwrap();
    assert_eq!(git(linked.work_dir(), &["rev-parse", "--show-toplevel"]), world.place("a").to_str().unwrap());
    assert_eq!(linked.work_dir().canonicalize().unwrap(), world.place("a"));
    let main = Repo::discover(&git_dir).unwrap();
    assert_eq!(main.work_dir().canonicalize().unwrap(), elsewhere);
    assert_eq!(git(&git_dir, &["rev-parse", "--show-toplevel"]), elsewhere.to_str().unwrap());
}

#[test]
fn a_bare_repository_stays_bare_and_its_work_trees_stay_work_trees() {
    let world = World::new();
    let bare = world.place("lab.git");
    git(world.repo.work_dir(), &["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    git(&bare, &["worktree", "add", "-q", "--detach", "../a"]);
    let first = Repo::discover(&world.place("a")).unwrap();
    let second = first.add_worktree(&world.place("b"), world.head(), "mar5").unwrap();
    assert_eq!(git(&bare, &["rev-parse", "--is-bare-repository"]), "true");
    assert_eq!(git(first.work_dir(), &["status", "--porcelain"]), "");
    assert_eq!(second.setting("gx.tag").as_deref(), Some("mar5"));
    let names: Vec<_> = first.worktrees().unwrap().into_iter().map(|linked| linked.name).collect();
    assert_eq!(names, ["linked-a", "linked-b"]);
    let checkout = first.check_out_at("exp-1", world.head()).unwrap();
    assert_eq!(git(checkout.dir(), &["status", "--porcelain"]), "");
    checkout.remove().unwrap();
    first.remove_worktree(&world.place("b")).unwrap();
}

#[test]
fn all_work_trees_are_told_with_what_they_are_at() {
    let world = World::new();
    world.repo.add_worktree(&world.place("a"), world.head(), "mar5").unwrap();
    world.repo.add_worktree(&world.place("b"), world.head(), "mar6").unwrap();
    git(&world.place("a"), &["switch", "-qc", "mine"]);
    fs::remove_dir_all(world.place("b")).unwrap();
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    let found = world.repo.worktrees().unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            (one.name.as_str(), one.tag.as_deref(), one.branch.as_deref(), one.is_gone, one.is_checkout)
        })
        .collect();
    let branch = world.repo.head().unwrap().branch_name().map(str::to_owned);
    assert_eq!(
        told,
        [
            ("main", None, branch.as_deref(), false, false),
            ("linked-a", Some("mar5"), Some("mine"), false, false),
            ("linked-b", Some("mar6"), None, true, false),
            ("linked-gx-1", None, None, false, true),
        ]
    );
    assert!(found.iter().all(|one| one.head == Some(world.head())));
    assert_eq!(found[3].dir, checkout.dir().canonicalize().unwrap());
    let opened = world.repo.open_worktree(&world.place("a")).unwrap();
    assert_eq!(opened.worktree_name(), "linked-a");
    checkout.remove().unwrap();
}

#[test]
fn a_work_tree_goes_with_what_is_ignored_and_what_a_link_names_stays() {
    let world = World::new();
    let outside = world.place("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x"), "1").unwrap();
    let repo = world.repo.add_worktree(&world.place("a"), world.head(), "mar5").unwrap();
    symlink(&outside, world.place("a").join("data")).unwrap();
    // From within itself.
    repo.remove_worktree(&world.place("a")).unwrap();
    assert!(!world.place("a").exists() && outside.join("x").exists());
    assert_eq!(world.repo.worktrees().unwrap().len(), 1);
    world.repo.add_worktree(&world.place("b"), world.head(), "mar5").unwrap();
    fs::remove_dir_all(world.place("b")).unwrap();
    world.repo.remove_worktree(&world.place("b")).unwrap();
    assert_eq!(git(world.repo.work_dir(), &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_would_be_lost_is_named_and_nothing_goes() {
    let world = World::new();
    let place = world.place("a");
    world.repo.add_worktree(&place, world.head(), "mar5").unwrap();
    let refused = |part: &str| {
        let told = world.repo.remove_worktree(&place).unwrap_err().to_string();
        assert!(told.contains(part) && place.join("train.py").exists(), "{told}");
    };
    fs::write(place.join("notes"), "1").unwrap();
    fs::write(place.join("train.py"), "2\n").unwrap();
    refused("nowhere else: train.py, notes");
    git(&place, &["add", "-A"]);
    refused("nowhere else: notes, train.py");
    git(&place, &["commit", "-qm", "x"]);
    refused("which no branch has");
    git(&place, &["branch", "saved"]);
    git(&place, &["worktree", "lock", "."]);
    refused("is locked");
    git(&place, &["worktree", "unlock", "."]);
    world.repo.remove_worktree(&place).unwrap();
    assert!(world.repo.remove_worktree(world.repo.work_dir()).is_err());
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    assert!(world.repo.remove_worktree(checkout.dir()).is_err());
    checkout.remove().unwrap();
}
