//! What a plan shows and holds back.

use serde_json::json;

use super::digest;
use crate::mirror::world::World;

#[test]
fn a_picked_commit_goes_to_a_branch_of_its_own_on_the_public_tip_without_what_is_private() {
    let world = World::new();
    world.lab_writes("notes.py", "not yet\n");
    world.lab.write("private/plan.md", "the plan\n");
    world.lab.write("train.py", "one\ntwo\nthree\nfour\nfive\nsix\n");
    world.lab.commit("secret reasons\n\nPublic: Train a sixth\n\nIt was missing.\n");
    let head = world.lab.rev("HEAD");
    let refs = world.public.git(&world.lab, &["for-each-ref"]);
    let plan = world.up(&["HEAD"], 0);
    assert_eq!(world.public.git(&world.lab, &["for-each-ref"]), refs, "a plan publishes nothing");
    let commit = &plan["commits"][0];
    assert_eq!(commit["message"], json!("Train a sixth\n\nIt was missing.\n"));
    assert_eq!(
        (&commit["files"], &commit["withheld"]),
        (&json!(["M train.py"]), &json!(["private/plan.md"]))
    );
    assert_eq!(
        (&plan["branch"], &plan["title"], &plan["body"]),
        (&json!("train-a-sixth"), &json!("Train a sixth"), &json!("It was missing."))
    );
    assert_eq!(commit["private"], json!([head]));
    let told = world.up(&["--push", &digest(&plan)[..12]], 0);
    assert_eq!(told["tip"], plan["tip"]);
    assert_eq!(json!(world.public_rev("train-a-sixth")), plan["tip"]);
    assert_eq!(world.public_rev("train-a-sixth^"), world.public_rev("main"));
    assert_eq!(world.public_files("train-a-sixth"), ["README.md", "train.py"]);
    world.assert_nothing_private_is_public(&["secret reasons", "the plan", "not yet"]);
}

#[test]
fn an_experiment_goes_up_as_its_change_against_its_base() {
    let world = World::new();
    world.lab.gx(&["init", "--site", "desk"]).exits(0);
    world.lab.write("train.py", "2.0\n");
    world.lab.commit("a number");
    world.publish_up(&["HEAD", "--branch", "number"]);
    world.lab.git(&["switch", "-q", "-c", "autoresearch/mar5"]);
    world.lab.write("train.py", "1.5\n");
    world.lab.write("private/why.md", "why\n");
    world.lab.run("Lower the rate", &[]).exits(0);
    let onto = world.public_rev("number");
    let plan = world.up(&["exp-1", "--onto", &onto, "--branch", "rate"], 0);
    assert_eq!(plan["commits"][0]["files"], json!(["M train.py"]));
    world.up(&["--push", digest(&plan)], 0);
    assert_eq!(world.public.git(&world.lab, &["show", "rate:train.py"]), "1.5\n");
    world.assert_nothing_private_is_public(&["why", "desk"]);
}

#[test]
fn what_upstream_has_and_what_is_only_private_is_withheld_and_says_why() {
    let world = World::new();
    let private = world.lab_writes("private/plan.md", "the plan\n");
    let landed = world.lab_writes("train.py", "other\n");
    world.upstream_writes("train.py", "other\n");
    let told = world.up(&[&private, &landed], 0);
    assert_eq!((&told["digest"], &told["count"]), (&json!(null), &json!(0)));
    assert_eq!(
        told["withheld"],
        json!([
            { "what": private, "why": "it touches private paths only" },
            { "what": landed, "why": "what is public has it already" }
        ])
    );
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "nothing"]);
    assert_eq!(world.up(&["HEAD"], 0)["withheld"], json!([{ "what": "HEAD", "why": "it changes nothing" }]));
}

#[test]
fn a_dry_run_names_the_paths_of_a_conflict_and_opens_no_work_tree() {
    let world = World::new();
    world.lab_writes("train.py", "one\nPRIVATE\nthree\nfour\nfive\n");
    world.upstream_writes("train.py", "one\nPUBLIC\nthree\nfour\nfive\n");
    let told = world.lab.gx(&["sync-up", "HEAD", "--dry-run"]).exits(1);
    assert!(told.stderr.contains("conflicts with what is public in train.py"), "{told:?}");
    assert!(world.lab.git(&["for-each-ref", "refs/gx/mirror/plans"]).is_empty());
    assert_eq!(world.lab.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_dry_run_keeps_nothing_that_could_be_pushed() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--dry-run"], 0);
    world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(1);
    let kept = world.up(&["HEAD"], 0);
    let told = world.lab.gx(&["sync-up", "--push", &digest(&kept)[..3]]).exits(1);
    assert!(told.stderr.contains("is too short") && told.stderr.contains("at least 6"), "{told:?}");
    assert_eq!(digest(&kept), digest(&plan), "the same again");
    let looked = world.up(&["--push", digest(&kept), "--dry-run"], 0);
    assert_eq!(looked["dry_run"], json!(true));
    assert_eq!(world.public.git(&world.lab, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
}

#[test]
fn a_branch_is_stripped_whole_or_squashed_and_holds_what_the_private_one_holds() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.lab_writes("train.py", "other\n");
    world.lab_writes("new.py", "new\n");
    let squashed = world.lab.gx(&["sync-up", "--mode", "squash"]).exits(1);
    assert!(squashed.stderr.contains("--message"), "{squashed:?}");
    let squashed = world.up(&["--mode", "squash", "--message", "All of it", "--branch", "all"], 0);
    assert_eq!(squashed["count"], json!(1));
    let stripped = world.publish_up(&["--mode", "strip"]);
    assert_eq!((&stripped["count"], &stripped["branch"]), (&json!(2), &json!("main")));
    assert_eq!(world.public_files("main"), ["README.md", "new.py", "train.py"]);
    let tree = world.public_rev("main^{tree}");
    assert_eq!(world.lab.rev(&format!("{}^{{tree}}", squashed["tip"].as_str().unwrap())), tree);
    assert_eq!(world.up(&["--mode", "strip"], 0)["digest"], json!(null), "nothing is left to publish");
    world.assert_nothing_private_is_public(&["the plan"]);
}

#[test]
fn upstream_that_was_not_taken_in_is_said_before_anything_is_planned() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    world.upstream_writes("README.md", "read this\n");
    for mode in ["strip", "squash"] {
        let told = world.lab.gx(&["sync-up", "--mode", mode, "--message", "x"]).exits(1);
        assert!(told.stderr.contains("gx sync-down"), "{told:?}");
    }
}

#[test]
fn a_range_stands_for_its_commits_parents_first() {
    let world = World::new();
    let names = ["a.py", "b.py", "c.py"].map(|name| world.lab_writes(name, name));
    let plan = world.up(&[&format!("{}..", names[0]), "--branch", "two"], 0);
    let private: Vec<_> = [1, 0].map(|at| plan["commits"][at]["private"][0].clone()).to_vec();
    assert_eq!((&plan["count"], private), (&json!(2), vec![json!(names[2]), json!(names[1])]));
    world.lab.gx(&["sync-up", "HEAD..HEAD"]).exits(2);
    let told = world.lab.gx(&["sync-up", "HEAD~1...HEAD"]).exits(2);
    assert!(told.stderr.contains("has two sides"), "{told:?}");
}
