//! Ordinary pushes pass, silently and fast.

use std::time::{Duration, Instant};

use crate::guard::world::World;

#[test]
fn what_people_push_every_day_passes_without_a_word() {
    let world = World::new();
    world.passes(&["-u", "public", "main"]);
    world.lab.write("src/train.py", "print(2)\n");
    world.lab.write(".env.example", "TOKEN=\n");
    world.lab.write("docs/private-life.md", "of a program\n");
    world.lab.write("src/local.py", "x = 1\n");
    world.lab.write("notes/experiments.md", "none\n");
    world.lab.write("ümlaut/日本.txt", "x\n");
    world.lab.commit("more");
    world.passes(&["public"]);
    world.lab.git(&["switch", "-q", "-c", "topic"]);
    world.lab.write("src/model.py", "print(3)\n");
    world.lab.commit("model");
    world.passes(&["public", "HEAD"]);
    world.lab.git(&["commit", "-q", "--amend", "-m", "a better word"]);
    world.passes(&["-f", "public", "topic"]);
    world.passes(&["--force-with-lease", "public", "topic:topic2"]);
    world.lab.git(&["switch", "-q", "main"]);
    world.lab.write("README.md", "read me again\n");
    world.lab.commit("readme");
    world.lab.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    world.passes(&["public", "main"]);
    world.lab.git(&["revert", "--no-edit", "HEAD~1"]);
    world.lab.git(&["rm", "-q", "src/local.py"]);
    world.lab.git(&["mv", "src/train.py", "train.py"]);
    world.lab.git(&["commit", "-q", "-m", "move"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "nothing"]);
    world.lab.git(&["tag", "v1"]);
    world.lab.git(&["tag", "-a", "v2", "-m", "two"]);
    world.passes(&["--follow-tags", "public", "main"]);
    world.passes(&["public", "v1"]);
    world.passes(&["--tags", "public"]);
    world.passes(&["--atomic", "public", "main", "topic"]);
    world.passes(&["public", "main:refs/heads/release/1.0"]);
    world.passes(&["--dry-run", "public", "main:again"]);
    world.passes(&["origin", "main"]);
    world.passes(&["origin", "--all"]);
}

#[test]
fn the_guard_adds_little_to_a_small_push() {
    let world = World::new();
    world.passes(&["public", "main"]);
    let mut best = [Duration::MAX; 2];
    for round in 0..5 {
        for (which, words) in [&["--no-verify"][..], &[]].into_iter().enumerate() {
            world.lab.write("README.md", format!("{round} {which}\n"));
            world.lab.commit("more");
            let began = Instant::now();
            world.passes(&[words, &["origin", "main"]].concat());
            best[which] = best[which].min(began.elapsed());
        }
    }
    // A build for tests on a busy machine; a release takes a tenth of it.
    assert!(best[1] < best[0] + Duration::from_millis(500), "{best:?}");
}
