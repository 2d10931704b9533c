//! Refs lie: by what they are called here, there, and by what they point to.

use super::world::*;
use super::*;

#[test]
fn ordinary_branches_and_tags_pass_and_what_is_private_by_its_name_does_not() {
    let world = World::new();
    world.git(&["tag", "-a", "v1", "-m", "one"]);
    assert_eq!(rules(&world.push()), [""; 0]);
    assert_eq!(rules(&world.push_to(PUBLIC, "v1", "refs/tags/v1")), [""; 0]);
    for target in
        ["refs/experiments/exp-1", "refs/notes/commits", "refs/remotes/origin/main", "refs/stash", "refs/x"]
    {
        assert_eq!(rules(&world.push_to(PUBLIC, "main", target)), ["G001"], "{target}");
        assert_eq!(rules(&world.push_to(PRIVATE, "main", target)), [""; 0], "{target}");
    }
}

#[test]
fn an_upload_of_nothing_passes() {
    assert_eq!(World::new().update(PUBLIC, &[]).exit(), Exit::Done);
}

#[test]
fn a_private_ref_does_not_leave_under_a_public_name() {
    let world = World::new();
    world.write("README.md", "changed\n");
    world.git(&["stash", "-q"]);
    world.git(&["update-ref", "refs/experiments/exp-1", "main"]);
    for source in
        ["stash@{0}", "stash", "refs/stash", "stash^", "refs/experiments/exp-1", "experiments/exp-1~0"]
    {
        let found = rules(&world.push_to(PUBLIC, source, "refs/heads/x"));
        assert!(found.contains(&"G001"), "{source}: {found:?}");
    }
}
