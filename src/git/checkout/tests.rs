//! Checkouts against real repositories and what trainers may do to them.

use super::*;
use crate::process::wait::wait_until;

use std::os::unix::fs::MetadataExt;
use std::time::Instant;

struct World {
    folder: tempfile::TempDir,
    repo: Repo,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("lab");
        fs::create_dir_all(top.join("src/deep")).unwrap();
        for (path, text) in
            [("train.py", "lr = 1\n"), ("src/model.py", "width = 1\n"), ("src/deep/data.py", "x = 1\n")]
        {
            fs::write(top.join(path), text).unwrap();
        }
        fs::write(top.join(".gitignore"), "cache/\n.venv\ndata\n").unwrap();
        let repo = Repo::create(&top, "start").unwrap();
        Self { folder, repo }
    }

    fn head(&self) -> ObjectId {
        self.repo.head().unwrap().commit
    }

    fn commit(&self, path: &str, text: &str) -> ObjectId {
        let top = self.repo.work_dir();
        fs::create_dir_all(top.join(path).parent().unwrap()).unwrap();
        fs::write(top.join(path), text).unwrap();
        git(top, &["add", "-A"]);
        git(top, &["commit", "-qm", path]);
        self.head()
    }

    /// A checkout at HEAD is as Git itself would make it: clean with everything that is ignored counted.
    fn assert_clean(&self, checkout: &Checkout) {
        assert_eq!(git(checkout.dir(), &["status", "--porcelain", "--ignored"]), "");
        assert_eq!(git(checkout.dir(), &["rev-parse", "HEAD"]), self.head().to_string());
        let fresh = self.folder.path().join("fresh");
        git(self.repo.work_dir(), &["worktree", "add", "-q", "--detach", fresh.to_str().unwrap()]);
        let different = Program::new("diff").args(["-r", "--no-dereference", "-x", ".git"]);
        different.arg(&fresh).arg(checkout.dir()).run().unwrap();
        git(self.repo.work_dir(), &["worktree", "remove", "--force", fresh.to_str().unwrap()]);
    }
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let program = Program::new("git").dir(dir).args(["-c", "user.name=t", "-c", "user.email=t@t"]);
    let told = program.args(["-c", "protocol.file.allow=always"]).args(arguments).run().unwrap();
    String::from_utf8(told).unwrap().trim().to_owned()
}

/// Waits, since programs that other tests are just starting have copies of this one's lock.
fn found(repo: &Repo, name: &str) -> Checkout {
    let mut found = None;
    wait_until(|| {
        found = repo.checkout(name).unwrap();
        found.is_some()
    });
    found.unwrap()
}

fn inode(path: PathBuf) -> (u64, i64) {
    let meta = fs::symlink_metadata(path).unwrap();
    (meta.ino(), meta.mtime_nsec())
}

#[test]
fn a_warm_one_is_taken_and_only_what_differs_is_written() {
    let world = World::new();
    let first = world.repo.check_out_at("exp-1", world.head()).unwrap();
    world.assert_clean(&first);
    let before = (inode(first.dir().join("src/model.py")), inode(first.dir().join("train.py")));
    first.retire(1).unwrap();
    assert!(world.repo.checkouts().unwrap().is_empty());
    let changed = world.commit("train.py", "lr = 2\n");
    let second = world.repo.check_out_at("exp-2", changed).unwrap();
    world.assert_clean(&second);
    assert_eq!(inode(second.dir().join("src/model.py")), before.0);
    assert_ne!(inode(second.dir().join("train.py")), before.1);
    assert_eq!(world.repo.checkouts().unwrap(), ["exp-2"]);
}

#[test]
fn an_edit_of_the_same_size_in_the_same_moment_is_undone() {
    let world = World::new();
    for round in 0..20 {
        let checkout = world.repo.check_out_at(&format!("exp-{round}"), world.head()).unwrap();
        assert_eq!(fs::read_to_string(checkout.dir().join("train.py")).unwrap(), "lr = 1\n");
        fs::write(checkout.dir().join("train.py"), "lr = 9\n").unwrap();
        checkout.retire(1).unwrap();
    }
}

#[test]
fn a_file_that_was_put_back_with_its_old_time_is_undone() {
    let world = World::new();
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    let file = checkout.dir().join("train.py");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "lr = 9\n").unwrap();
    File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    checkout.retire(1).unwrap();
    world.assert_clean(&world.repo.check_out_at("exp-2", world.head()).unwrap());
}

#[test]
fn whatever_a_trainer_does_to_it_the_next_run_finds_it_clean() {
    let world = World::new();
    let outside = world.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "1").unwrap();
    let outside_text = outside.to_str().unwrap();
    let deeds: Vec<(&str, String)> = vec![
        ("untracked and ignored", "mkdir -p cache/a && touch cache/a/b new src/new .venv".into()),
        ("a repository", "git init -q src/other && git init -q nested && touch nested/x".into()),
        ("links", format!("ln -s {outside_text} out; ln -s {outside_text} data; ln -s /nowhere broken")),
        ("a folder made a link", format!("rm -r src && ln -s {outside_text} src")),
        ("a folder moved and linked", "mv src moved && ln -s moved src".into()),
        ("a folder made a file", "rm -r src && touch src".into()),
        ("a file made a folder", "rm train.py && mkdir train.py && touch train.py/x".into()),
        ("locked folders", "mkdir -p l/m && touch l/m/n && chmod 0 l/m l && chmod 0500 src src/deep".into()),
        ("locked files", "chmod 0 train.py; chmod 0400 src/model.py; chmod +x src/deep/data.py".into()),
        ("commits", "echo 3 > train.py && git -c user.name=t -c user.email=t@t commit -qam x".into()),
        ("a branch", "git switch -qc mine && git rm -q src/model.py".into()),
        ("a blind index", "git update-index --assume-unchanged train.py && echo 4 > train.py".into()),
        ("a blinder index", "git update-index --skip-worktree train.py && rm train.py".into()),
        ("a sparse checkout", "git sparse-checkout set src/deep".into()),
        ("a lock left behind", "touch $(git rev-parse --git-dir)/index.lock .git.lock".into()),
        ("no index", "rm $(git rev-parse --git-dir)/index".into()),
        ("no link to Git", "rm .git".into()),
        ("a repository in its place", "rm .git && git init -q . && git add -A".into()),
        ("nothing left", "find . -delete 2>/dev/null; true".into()),
        ("no folder left", "rm -rf \"$PWD\"".into()),
    ];
    for (number, (name, script)) in deeds.iter().enumerate() {
        let checkout = world.repo.check_out_at(&format!("exp-{number}"), world.head()).unwrap();
        Program::new("sh")
            .args(["-ec", script])
            .dir(checkout.dir())
            .run()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        checkout.retire(1).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let next = world.repo.check_out_at("exp-next", world.head()).unwrap();
        world.assert_clean(&next);
        next.retire(1).unwrap();
        assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "1", "{name}");
    }
    git(world.repo.work_dir(), &["fsck", "--strict"]);
}

#[test]
fn attributes_that_change_have_every_file_written_anew() {
    let world = World::new();
    let plain = world.head();
    world.repo.check_out_at("exp-1", plain).unwrap().retire(1).unwrap();
    let dos = world.commit(".gitattributes", "*.py text eol=crlf\n");
    let checkout = world.repo.check_out_at("exp-2", dos).unwrap();
    assert_eq!(fs::read_to_string(checkout.dir().join("train.py")).unwrap(), "lr = 1\r\n");
    world.assert_clean(&checkout);
}

#[test]
fn a_held_one_is_nobody_elses_and_a_dead_owners_can_be_found() {
    let world = World::new();
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    assert!(world.repo.checkout("exp-1").unwrap().is_none());
    assert!(world.repo.check_out_at("exp-1", world.head()).is_err());
    checkout.keep();
    assert_eq!(world.repo.checkouts().unwrap(), ["exp-1"]);
    found(&world.repo, "exp-1").retire(1).unwrap();
    assert!(world.repo.checkout("exp-1").unwrap().is_none());
    let again = world.repo.check_out_at("exp-2", world.head()).unwrap();
    assert!(again.admin.path().ends_with("gx-1"));
    again.remove().unwrap();
    assert_eq!(git(world.repo.work_dir(), &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn one_that_a_process_inherited_stays_until_that_ends() {
    let world = World::new();
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    let heir = checkout.as_fd().try_clone_to_owned().unwrap();
    checkout.retire(1).unwrap();
    assert_eq!(world.repo.checkouts().unwrap(), ["exp-1"]);
    assert!(world.repo.checkout("exp-1").unwrap().is_none());
    drop(heir);
    found(&world.repo, "exp-1").retire(1).unwrap();
    assert!(world.repo.checkouts().unwrap().is_empty());
}

#[test]
fn one_whose_administration_was_pruned_can_still_be_retired() {
    let world = World::new();
    let checkout = world.repo.check_out_at("exp-1", world.head()).unwrap();
    let admin = checkout.admin.path().to_path_buf();
    checkout.keep();
    fs::remove_dir_all(admin).unwrap();
    found(&world.repo, "exp-1").retire(1).unwrap();
    world.assert_clean(&world.repo.check_out_at("exp-2", world.head()).unwrap());
}

#[test]
fn whoever_died_between_two_steps_leaves_what_the_next_can_take() {
    let world = World::new();
    let home = world.repo.checkout_home();
    world.repo.check_out_at("exp-1", world.head()).unwrap().retire(1).unwrap();
    // Between the move of the folder and the word to Git, which is the same state in both directions.
    let admin = Admin::take(world.repo.common_dir(), 1).unwrap().unwrap();
    admin.set_place(&home.join("exp-8")).unwrap();
    admin.release().unwrap();
    let next = world.repo.check_out_at("exp-2", world.head()).unwrap();
    assert_eq!(next.admin.number(), 1);
    world.assert_clean(&next);
    next.retire(1).unwrap();
    fs::remove_dir_all(home.join("warm-1")).unwrap();
    let next = world.repo.check_out_at("exp-3", world.head()).unwrap();
    assert_eq!(admin::numbers(world.repo.common_dir()).unwrap().len(), 1);
    next.retire(1).unwrap();
    fs::remove_dir_all(world.repo.common_dir().join("worktrees")).unwrap();
    let next = world.repo.check_out_at("exp-4", world.head()).unwrap();
    assert_eq!(warm_ones(&home).unwrap(), 0);
    world.assert_clean(&next);
}

#[test]
fn many_at_once_never_get_the_same_one_and_git_stays_content() {
    let world = World::new();
    let top = world.repo.work_dir().to_path_buf();
    let head = world.head();
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let top = &top;
            scope.spawn(move || {
                let repo = Repo::discover(top).unwrap();
                for round in 0..5 {
                    let checkout = repo.check_out_at(&format!("exp-{worker}{round}"), head).unwrap();
                    File::create_new(checkout.dir().join("mine")).unwrap();
                    checkout.retire(2).unwrap();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..5 {
                git(&top, &["worktree", "prune", "--expire=now"]);
            }
        });
    });
    assert!(warm_ones(&world.repo.checkout_home()).unwrap() <= 2);
    git(&top, &["gc", "-q", "--prune=now"]);
    git(&top, &["fsck", "--strict"]);
    world.assert_clean(&world.repo.check_out_at("exp-1", head).unwrap());
}

#[test]
fn submodules_stay_empty_and_sparse_repositories_are_whole() {
    let world = World::new();
    let other = World::new();
    let top = world.repo.work_dir();
    git(top, &["submodule", "add", "-q", other.repo.work_dir().to_str().unwrap(), "sub"]);
    world.commit("train.py", "lr = 3\n");
    git(top, &["sparse-checkout", "set", "src/deep"]);
    for name in ["exp-1", "exp-2"] {
        let checkout = world.repo.check_out_at(name, world.head()).unwrap();
        assert!(checkout.dir().join("src/model.py").exists());
        assert_eq!(fs::read_dir(checkout.dir().join("sub")).unwrap().count(), 0);
        fs::write(checkout.dir().join("sub/x"), "x").unwrap();
        checkout.retire(1).unwrap();
    }
}

#[test]
fn a_moved_repository_takes_its_checkouts_along() {
    let world = World::new();
    let head = world.head();
    world.repo.check_out_at("exp-1", head).unwrap().keep();
    let moved = world.folder.path().join("moved");
    fs::rename(world.repo.work_dir(), &moved).unwrap();
    let repo = Repo::discover(&moved).unwrap();
    found(&repo, "exp-1").retire(1).unwrap();
    let checkout = repo.check_out_at("exp-2", head).unwrap();
    assert_eq!(git(checkout.dir(), &["status", "--porcelain", "--ignored"]), "");
}

#[test]
#[ignore = "a measurement: run it alone"]
fn five_thousand_files_against_git_worktree_add() {
    let world = World::new();
    for number in 0..5000 {
        let path = world.repo.work_dir().join(format!("pkg{}/f{number}.py", number % 100));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("value = {number}\n").repeat(60)).unwrap();
    }
    let commits = [world.commit("a.py", "1"), world.commit("pkg1/f1.py", "2")];
    let (mut cold, mut warm, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..9 {
        let place = world.folder.path().join(format!("w{round}"));
        let began = Instant::now();
        git(world.repo.work_dir(), &["worktree", "add", "-q", "--detach", place.to_str().unwrap()]);
        cold.push(began.elapsed());
        let began = Instant::now();
        let checkout = world.repo.check_out_at(&format!("exp-{round}"), commits[round % 2]).unwrap();
        warm.push(began.elapsed());
        fs::write(checkout.dir().join("log.txt"), "x").unwrap();
        let began = Instant::now();
        checkout.retire(1).unwrap();
        back.push(began.elapsed());
    }
    for (name, times) in [("git worktree add", &mut cold), ("warm", &mut warm), ("retire", &mut back)] {
        times.sort();
        println!("{name}: {:?} (of {:?})", times[times.len() / 2], times);
    }
    assert!(warm[4] < cold[4] / 2, "half the time at most: {:?} of {:?}", warm[4], cold[4]);
}
