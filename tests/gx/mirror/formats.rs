//! The whole cycle on what Git has beside its classic repositories.

use serde_json::{Value, json};

use super::up::digest;
use super::world::World;
use crate::support::Lab;

/// Down, up, published and told of, with gx called in `place`, a work tree of the clone; the changes are made where
/// `main` is checked out, at `home`.
#[track_caller]
fn cycle(world: &World, place: &str, home: &str) {
    let lab = &world.lab;
    let gx = |words: &[&str], exit: i32| -> Value {
        lab.gx(&[&["-C", place], words, &["--json"]].concat()).exits(exit).json()
    };
    let commit = |message: &str| {
        lab.git(&["-C", home, "add", "-A"]);
        lab.git(&["-C", home, "commit", "-q", "-m", message]);
        lab.rev("main")
    };
    gx(&["mirror", "init", "--public", &world.public.url(), "--private", &world.private.url()], 0);
    if place != home {
        // What was written into a work tree that has not the private branch is left to its user.
        lab.write(format!("{home}/.gx/policy.toml"), lab.read(format!("{place}/.gx/policy.toml")));
        commit("say what is private");
    }
    assert_eq!(gx(&["sync-down"], 0)["pushed"], json!("yes"));
    lab.write(format!("{home}/private/plan.md"), "the plan\n");
    lab.write(format!("{home}/model.py"), "a model\n");
    let mixed = commit("the model of the plan\n\nPublic: Add a model\n");
    world.upstream_writes("README.md", "read this\n");
    let told = gx(&["sync-down"], 0);
    assert_eq!((&told["how"], &told["pushed"]), (&json!("merge"), &json!("yes")));
    assert_eq!(lab.git(&["-C", home, "status", "--porcelain"]), "");
    lab.write(format!("{home}/train.py"), "one\ntwo\nPRIVATE\nfour\nfive\n");
    commit("say three");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let told = gx(&["sync-down"], 1);
    lab.write(format!("{}/train.py", told["worktree"].as_str().unwrap()), "one\ntwo\nBOTH\nfour\nfive\n");
    assert_eq!(gx(&["sync", "continue"], 0)["pushed"], json!("yes"));
    let plan = gx(&["sync-up", &mixed], 0);
    assert_eq!(plan["commits"][0]["withheld"], json!(["private/plan.md"]));
    gx(&["sync-up", "--push", digest(&plan)], 0);
    assert_eq!(world.public_files("add-a-model"), ["README.md", "model.py", "train.py"]);
    let plan = gx(&["sync-up", "--mode", "strip"], 0);
    gx(&["sync-up", "--push", digest(&plan)], 0);
    assert_eq!(world.public.git(lab, &["show", "main:train.py"]), "one\ntwo\nBOTH\nfour\nfive\n");
    let told = gx(&["mirror", "status"], 0);
    let (ahead, behind, unsent) = (&told["ahead"], &told["behind"], &told["unsent"]);
    assert_eq!((ahead, behind, unsent, &told["drift"]), (&json!(0), &json!(0), &json!(0), &json!([])));
    world.assert_nothing_private_is_public(&["the plan", "of upstream"]);
    lab.fsck();
}

const MODERN: [(&str, &str); 2] = [("GIT_DEFAULT_HASH", "sha256"), ("GIT_DEFAULT_REF_FORMAT", "reftable")];

#[test]
fn on_long_ids_and_refs_in_tables() {
    let lab = MODERN.iter().fold(Lab::bare_folder(), |lab, (name, value)| lab.with(name, value));
    let known =
        lab.command("git").args(["init", "-q", "--object-format=sha256", "--ref-format=reftable"]).output();
    if !known.unwrap().status.success() {
        return eprintln!("SKIPPED: this git knows no reftable");
    }
    let world = World::plain_in(&MODERN);
    assert_eq!(world.lab.rev("HEAD").len(), 64);
    assert_eq!(world.lab.git(&["rev-parse", "--show-ref-format"]), "reftable\n");
    cycle(&world, ".", ".");
}

#[test]
fn from_a_linked_work_tree_that_has_the_private_branch_or_not() {
    let world = World::plain();
    world.lab.git(&["worktree", "add", "-q", "../linked", "-b", "side"]);
    cycle(&world, "../linked", ".");
    let world = World::plain();
    world.lab.git(&["switch", "-q", "-c", "side"]);
    world.lab.git(&["worktree", "add", "-q", "../linked", "main"]);
    cycle(&world, "../linked", "../linked");
    assert_eq!(world.lab.status(), "");
}

#[test]
fn a_partial_clone_of_the_private_repository_says_what_it_lacks_before_anything_is_joined() {
    let mut world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.lab_writes("private/plan.md", "another plan\n");
    world.sync(&[], 0);
    world.private.git(&world.lab, &["config", "uploadpack.allowFilter", "true"]);
    world.private.git(&world.lab, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    world.lab = Lab::bare_folder();
    let (public, private) = (world.public.url(), format!("file://{}", world.private.url()));
    world.lab.git(&["clone", "-q", "--filter=blob:none", &private, "."]);
    world.lab.gx(&["mirror", "init", "--public", &public, "--private", &private]).exits(0);
    world.upstream_writes("README.md", "read this\n");
    let heads = || world.lab.git(&["for-each-ref", "refs/heads"]);
    let (before, help) = (heads(), "git fetch --refetch --no-filter");
    for words in [&["sync-down"][..], &["sync-down", "--dry-run"]] {
        let told = world.lab.gx(words).exits(6).stderr;
        assert!(told.contains("nothing was joined") && told.contains(help), "{told}");
        assert_eq!(heads(), before);
    }
    world.lab_writes("new.py", "new\n");
    let told = world.up(&["HEAD", "--branch", "new"], 6);
    assert!(told["next"].as_str().unwrap().contains(help), "{told:#}");
    world.lab.git(&["fetch", "-q", "--refetch", "--no-filter", "origin"]);
    assert_eq!(world.sync(&[], 0)["pushed"], json!("yes"));
    world.publish_up(&["HEAD^", "--branch", "new"]);
    world.assert_nothing_private_is_public(&["plan"]);
}
