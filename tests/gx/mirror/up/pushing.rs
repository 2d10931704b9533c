//! Publishing a plan: once, all of it, or not at all.

use serde_json::json;

use super::digest;
use crate::mirror::world::World;
use crate::support::clones::Remote;

#[test]
fn a_push_that_was_killed_at_any_point_is_completed_with_the_same_commits() {
    for point in ["up-checked", "up-begun", "up-pushed", "up-recorded"] {
        let world = World::new();
        world.lab_writes("train.py", "other\n");
        let plan = world.up(&["--mode", "strip"], 0);
        let mut killed = world.lab.gx_command();
        killed.args(["sync-up", "--push", digest(&plan)]).env("GX_FAIL_AT", point);
        assert_eq!(killed.output().unwrap().status.code(), None, "{point}");
        let told = world.up(&["--push", digest(&plan)], 0);
        assert_eq!(told["was_public"], json!(point == "up-pushed" || point == "up-recorded"), "{point}");
        assert_eq!(json!(world.public_rev("main")), plan["tip"], "{point}");
        assert_eq!(world.up(&["--mode", "strip"], 0)["count"], json!(0), "{point}");
        assert_eq!(world.up(&["--push", digest(&plan)], 0)["was_public"], json!(true), "{point}");
        world.lab.fsck();
    }
}

#[test]
fn a_push_that_came_through_before_the_kill_is_recorded_by_the_next_plan() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    let mut killed = world.lab.gx_command();
    killed.args(["sync-up", "--push", digest(&plan)]).env("GX_FAIL_AT", "up-pushed");
    assert_eq!(killed.output().unwrap().status.code(), None);
    assert!(!world.lab.git(&["for-each-ref", "refs/gx/mirror/begun"]).is_empty());
    world.up(&["HEAD", "--dry-run", "--branch", "topic-2"], 0);
    assert!(
        !world.lab.git(&["for-each-ref", "refs/gx/mirror/begun"]).is_empty(),
        "a dry run changes nothing"
    );
    world.up(&["HEAD", "--branch", "topic-2"], 0);
    assert!(world.lab.git(&["for-each-ref", "refs/gx/mirror/begun"]).is_empty());
    assert!(!world.lab.git(&["for-each-ref", "refs/gx/mirror/published"]).is_empty());
}

#[test]
fn when_the_public_branch_moved_since_the_plan_nothing_is_published() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plans = [world.up(&["--mode", "strip"], 0), world.up(&["HEAD", "--branch", "topic"], 0)];
    world.upstream_writes("README.md", "read this\n");
    let refs = world.public.git(&world.lab, &["for-each-ref"]);
    for plan in plans {
        let told = world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(1);
        assert!(told.stderr.contains("plan again"), "{told:?}");
    }
    assert_eq!(world.public.git(&world.lab, &["for-each-ref"]), refs);
}

#[test]
fn other_clones_are_told_right_after_the_push() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let there = || world.private.git(&world.lab, &["for-each-ref", "--format=%(objectname)", "refs/gx"]);
    let before = there();
    let plan = world.up(&["--mode", "strip"], 0);
    let told = world.up(&["--push", digest(&plan)], 0);
    assert_eq!(told["unsent"], json!(false));
    assert_ne!(there(), before);
    assert_eq!(there().trim(), world.lab.rev("refs/gx/mirror/pairs"));
}

#[test]
fn a_private_repository_that_takes_no_pairs_is_told_and_undoes_no_push() {
    let world = World::new();
    world.private.git(&world.lab, &["config", "receive.hideRefs", "refs/gx"]);
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["--mode", "strip"], 0);
    let pushed = world.lab.gx(&["sync-up", "--json", "--push", digest(&plan)]).exits(0);
    assert_eq!(pushed.json()["unsent"], json!(true));
    assert!(pushed.stderr.contains("gx sync-down"), "{}", pushed.stderr);
    assert_eq!(json!(world.public_rev("main")), plan["tip"]);
    world.private.git(&world.lab, &["config", "--unset", "receive.hideRefs"]);
    world.sync(&[], 0);
    let there = world.private.git(&world.lab, &["rev-parse", "refs/gx/mirror/pairs"]);
    assert_eq!(there.trim(), world.lab.rev("refs/gx/mirror/pairs"));
}

#[test]
fn a_branch_of_others_is_never_overwritten() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    world.upstream.write("theirs.py", "theirs\n");
    world.upstream.commit("theirs");
    world.upstream.git(&["push", "-q", "origin", "HEAD:refs/heads/topic"]);
    world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(1);
    let told = world.lab.gx(&["sync-up", "HEAD", "--branch", "topic"]).exits(1);
    assert!(told.stderr.contains("--branch NAME"), "{told:?}");
    assert_eq!(world.public_rev("topic"), world.upstream.rev("HEAD"));
}

#[test]
fn those_who_may_not_write_upstream_publish_to_their_fork() {
    let world = World::new();
    let fork = Remote::new();
    world.lab.git(&["config", "gx.public.fork", &fork.url()]);
    world.lab_writes("train.py", "other\n");
    let plan = world.publish_up(&["HEAD", "--branch", "topic"]);
    assert_eq!(plan["url"], json!(fork.url()));
    assert_eq!(json!(fork.git(&world.lab, &["rev-parse", "topic"]).trim()), plan["tip"]);
    assert_eq!(world.public.git(&world.lab, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
    world.lab.git(&["config", "--unset", "gx.public.fork"]);
    let other = world.lab_writes("train.py", "another\n");
    let plan = world.up(&[&other, "--onto", plan["tip"].as_str().unwrap(), "--branch", "topic"], 0);
    world.lab.git(&["config", "gx.public.fork", &fork.url()]);
    world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(1);
}

#[test]
fn a_plan_under_a_name_that_the_policy_denies_is_blocked() {
    let world = World::new();
    world.rule("[refs.public]\nname_deny = [\"acme\"]");
    world.lab_writes("train.py", "other\n");
    let told = world.up(&["HEAD", "--branch", "acme-pilot"], 3);
    assert_eq!(told["digest"], json!(null));
}

#[test]
fn a_pull_request_is_opened_with_the_words_of_the_plan_and_only_on_demand() {
    let world = World::new();
    world.lab.install("gh", "printf '%s\\n' \"$@\" > gh.words; echo https://git.example/pull/1");
    let path = format!("{}:{}", world.lab.programs_dir(), std::env::var("PATH").unwrap());
    world.lab.write("train.py", "other\n");
    world.lab.commit("Train another\n\nIt is better.\n");
    let plan = world.up(&["HEAD"], 0);
    let push = |more: &[&str]| {
        let mut command = world.lab.gx_command();
        let done = command.args(["sync-up", "--json", "--push", digest(&plan)]).args(more).env("PATH", &path);
        let done = done.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice::<serde_json::Value>(&done.stdout).unwrap()
    };
    assert_eq!(push(&[])["pull_request"], json!(null));
    assert!(!world.lab.path("gh.words").exists());
    assert_eq!(push(&["--open-pr"])["pull_request"], json!("https://git.example/pull/1"));
    let words = world.lab.read("gh.words");
    let expected =
        "pr\ncreate\n--base\nmain\n--head\ntrain-another\n--title\nTrain another\n--body\nIt is better.\n";
    assert_eq!(words, expected);
}

#[test]
fn the_record_of_a_plan_is_private_itself() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD"], 0);
    let record = world.lab.rev(&format!("refs/gx/mirror/plans/{}", digest(&plan)));
    let (url, target) = (world.public.url(), format!("{record}:refs/heads/x"));
    let mut push = world.lab.command("git");
    assert!(!push.args(["push", "-q", &url, &target]).status().unwrap().success());
    world.up(&["--push", digest(&plan)], 0);
}

#[test]
fn a_fork_that_no_longer_answers_keeps_nobody_from_planning() {
    let world = World::new();
    let fork = Remote::new();
    world.lab.git(&["config", "gx.public.fork", &fork.url()]);
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    let mut killed = world.lab.gx_command();
    killed.args(["sync-up", "--push", digest(&plan)]).env("GX_FAIL_AT", "up-begun");
    assert_eq!(killed.output().unwrap().status.code(), None);
    drop(fork);
    world.lab.git(&["config", "--unset", "gx.public.fork"]);
    let told = world.lab.gx(&["sync-up", "--json", "HEAD", "--branch", "topic"]).exits(0);
    assert!(told.stderr.contains(&format!("push of {}", &digest(&plan)[..12])), "{}", told.stderr);
    world.up(&["--push", digest(&told.json())], 0);
    assert!(!world.lab.git(&["for-each-ref", "refs/gx/mirror/begun"]).is_empty(), "it is asked again");
}
