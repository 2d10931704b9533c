//! What becomes of what was published, upstream: it is not offered twice.

use serde_json::json;

use super::digest;
use crate::mirror::world::World;

/// Two changes, published to a branch for a pull request; the plan.
fn proposed(world: &World) {
    world.lab_writes("private/plan.md", "the plan\n");
    world.lab_writes("train.py", "other\n");
    world.lab_writes("new.py", "new\n");
    world.publish_up(&["--mode", "strip", "--branch", "topic"]);
    world.upstream.git(&["fetch", "-q", "origin"]);
}

/// After landing: taken in, nothing is left to publish, and a further change goes on from what upstream has.
#[track_caller]
fn nothing_twice(world: &World) {
    world.publish();
    world.sync(&[], 0);
    assert_eq!(world.up(&["--mode", "strip"], 0)["count"], json!(0));
    world.lab_writes("more.py", "more\n");
    let plan = world.publish_up(&["--mode", "strip"]);
    assert_eq!(plan["count"], json!(1), "{plan:#}");
    assert_eq!(world.public_rev("main^"), world.upstream.rev("HEAD"));
    assert_eq!(world.public_files("main"), ["README.md", "more.py", "new.py", "train.py"]);
    world.assert_nothing_private_is_public(&["the plan"]);
}

#[test]
fn a_landing_by_fast_forward_leads_to_no_duplicates() {
    let world = World::new();
    proposed(&world);
    world.upstream.git(&["merge", "-q", "--ff-only", "origin/topic"]);
    nothing_twice(&world);
}

#[test]
fn a_landing_by_squash_leads_to_no_duplicates() {
    let world = World::new();
    proposed(&world);
    world.upstream.git(&["merge", "-q", "--squash", "origin/topic"]);
    world.upstream.commit("topic (#1)");
    nothing_twice(&world);
}

#[test]
fn a_landing_by_rebase_leads_to_no_duplicates() {
    let world = World::new();
    proposed(&world);
    world.upstream.git(&["cherry-pick", "--no-ff", "origin/topic~1", "origin/topic"]);
    nothing_twice(&world);
}

#[test]
fn what_was_published_is_not_made_again_under_another_policy() {
    let world = World::new();
    world.lab_writes("docs/a.md", "a\n");
    world.publish_up(&["--mode", "strip"]);
    let published = world.public_rev("main");
    world.rule("[paths]\nprivate = [\"docs/\"]");
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["--mode", "strip"], 0);
    world.up(&["--push", digest(&plan)], 0);
    world.public.git(&world.lab, &["merge-base", "--is-ancestor", &published, "main"]);
    assert_eq!(world.public_files("main"), ["README.md", "train.py"]);
}
