//! Real pushes from clones that hold not all of the history, or not all of its files.

use std::path::PathBuf;

use crate::guard::world::{Pushed, World, told};

/// A clone of the private place, under guard, and one that talks from within it.
struct Clone<'a> {
    world: &'a World,
    dir: PathBuf,
}

impl<'a> Clone<'a> {
    fn of(world: &'a World, flags: &[&str]) -> Self {
        let origin = world.place("origin");
        world.lab.git(&["--git-dir", origin.to_str().unwrap(), "config", "uploadpack.allowFilter", "true"]);
        let dir = world.lab.path("../clone");
        let from = format!("file://{}", origin.display());
        world.lab.git(&[&["clone", "-q"], flags, &[&from, dir.to_str().unwrap()]].concat());
        let clone = Self { world, dir };
        assert_eq!(clone.call(env!("CARGO_BIN_EXE_gx"), &["guard", "install"]).code, Some(0));
        clone
    }

    fn call(&self, program: &str, words: &[&str]) -> Pushed {
        told(self.world.lab.command(program).current_dir(&self.dir).args(words).output().unwrap())
    }

    /// A push to the public place fails, and says this; nothing arrives.
    #[track_caller]
    fn is_stopped(&self, words: &[&str]) {
        let before = self.world.there("public");
        let place = self.world.place("public");
        let pushed = self.call("git", &["push", place.to_str().unwrap(), "main"]);
        assert_eq!(pushed.code, Some(1), "{pushed:#?}");
        assert!(words.iter().all(|word| pushed.said.contains(word)), "{words:?}: {pushed:#?}");
        assert_eq!(self.world.there("public"), before);
    }

    #[track_caller]
    fn passes(&self) {
        let place = self.world.place("public");
        let pushed = self.call("git", &["push", "-q", place.to_str().unwrap(), "main"]);
        assert_eq!((pushed.code, pushed.said.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_push_from_a_shallow_clone_is_stopped_until_the_history_is_there_and_looked_at() {
    let world = World::with_secret();
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "tip"]);
    world.passes(&["origin", "main"]);
    let clone = Clone::of(&world, &["--depth", "1"]);
    clone.is_stopped(&["G000", "could not check", "git fetch --unshallow"]);
    clone.call("git", &["fetch", "-q", "--unshallow"]);
    clone.is_stopped(&["G010", "private/plan.md"]);
}

#[test]
fn a_shallow_clone_of_what_may_leave_pushes_once_it_is_deepened() {
    let world = World::new();
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "tip"]);
    world.passes(&["origin", "main"]);
    let clone = Clone::of(&world, &["--depth", "1"]);
    clone.is_stopped(&["G000"]);
    assert_eq!(clone.call("git", &["fetch", "-q", "--unshallow"]).code, Some(0));
    clone.passes();
}

#[test]
fn a_push_from_a_partial_clone_fetches_nothing_and_is_stopped_until_the_files_are_there() {
    let world = World::new();
    world.passes(&["origin", "main"]);
    let clone = Clone::of(&world, &["--no-checkout", "--filter=blob:none"]);
    let lacking = || {
        let told = clone.call("git", &["rev-list", "--objects", "--missing=print", "main"]).said;
        told.lines().filter(|line| line.starts_with('?')).count()
    };
    assert_eq!(lacking(), 2);
    clone.is_stopped(&["G000", "could not check"]);
    assert_eq!(lacking(), 2, "the guard has fetched");
    assert_eq!(clone.call("git", &["checkout", "-q", "main"]).code, Some(0));
    assert_eq!(lacking(), 0);
    clone.passes();
}
