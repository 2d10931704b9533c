//! Every object that has reached the public repository is read, and none tells anything private.

use serde_json::json;

use super::digest;
use crate::mirror::world::World;

/// A history with all that could leak: private paths, names of branches, addresses, ids, trailers, signed tags, merges.
fn telling() -> (World, Vec<&'static str>) {
    let world = World::new();
    world.rule(
        "[identity]\ndeny_email = [\"@lab\\\\.example$\"]\n[identity.public]\n\
         \"ada@lab.example\" = \"Ada Public <ada@open.example>\"",
    );
    let lab = &world.lab;
    let plan = world.lab_writes("private/plan.md", "the-secret-plan\n");
    lab.write("train.py", "1\n");
    lab.commit(&format!("Train once\n\nGx-Uuid: 7\nGx-Upstream: {plan}\n(cherry picked from commit {plan})"));
    lab.git(&["switch", "-q", "-c", "feature-for-zebra"]);
    lab.write("private/notes.md", "more-of-the-plan\n");
    lab.write("model.py", "1\n");
    lab.commit("because-of-zebra-reasons\n\nPublic: Add a model\n");
    lab.write("model.py", "2\n");
    lab.commit("Turn the model\n\nCo-authored-by: Ada <ada@lab.example>");
    lab.git(&["switch", "-q", "main"]);
    world.lab_writes("README.md", "read this\n");
    lab.git(&["merge", "-q", "--no-ff", "-m", "Join the model", "feature-for-zebra"]);
    lab.git(&["branch", "-d", "feature-for-zebra"]);
    let words = vec![
        "the-secret-plan",
        "more-of-the-plan",
        "zebra",
        "notes.md",
        "plan.md",
        "lab.example",
        "Gx-",
        "deny_email",
        "policy.toml",
    ];
    (world, words)
}

/// What the public repository has was sent by its author alone, whose address is public already.
#[track_caller]
fn tells_nothing(world: &World, before: &str, words: &[&str]) {
    let new = world.public.git(&world.lab, &["rev-list", "--objects", "--all", "--not", before]);
    let ids: Vec<&str> = new.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(!ids.is_empty(), "something was published");
    let private = world.lab.git(&["rev-list", "--all", "--reflog"]);
    let public = world.public.git(&world.lab, &["rev-list", "--all"]);
    let hidden: Vec<&str> = private.lines().filter(|id| !public.contains(id)).map(|id| &id[..9]).collect();
    assert!(hidden.len() > 3, "there is something private to look for");
    for id in ids {
        let kind = world.public.git(&world.lab, &["cat-file", "-t", id]);
        // Trees are read by their names: their bytes hold ids by chance.
        let text = world.public.git(&world.lab, &["cat-file", "-p", id]);
        for word in words {
            assert!(!text.contains(word), "`{word}` is public, in {} {id}:\n{text}", kind.trim());
        }
        for id in &hidden {
            assert!(!text.contains(id), "private commit {id} is public:\n{text}");
        }
    }
    let refs = world.public.git(&world.lab, &["for-each-ref", "--format=%(refname)"]);
    assert!(words.iter().all(|word| !refs.contains(word)), "{refs}");
    let kinds = world.public.git(&world.lab, &["for-each-ref", "--format=%(refname)"]);
    assert!(kinds.lines().all(|name| name.starts_with("refs/heads/")), "{kinds}");
}

#[test]
fn no_object_that_is_published_tells_anything_private_whatever_the_way() {
    for more in [
        &["--mode", "strip"][..],
        &["--mode", "squash", "--message", "All of it", "--branch", "all"],
        &["HEAD^2", "--branch", "topic", "--onto", "TIP"],
        &["HEAD~2", "--branch", "topic"],
    ] {
        let (world, words) = telling();
        let before = world.public_rev("main");
        let given: Vec<&str> =
            more.iter().map(|word| if *word == "TIP" { &before[..] } else { word }).collect();
        // A commit that rests on others cannot be picked alone; then the one before it goes first.
        let plan = if given.contains(&"HEAD^2") {
            let both = [&["HEAD^2^", "HEAD^2"], &given[1..]].concat();
            world.up(&both, 0)
        } else {
            world.up(&given, 0)
        };
        assert_eq!(plan["blocked"], json!([]), "{more:?}: {plan:#}");
        world.up(&["--push", digest(&plan)], 0);
        tells_nothing(&world, &before, &words);
        world.lab.fsck();
    }
}

#[test]
fn when_the_public_branch_moves_during_the_push_theirs_stays() {
    let world = World::plain();
    world.lab.write(
        ".git/hooks/pre-push",
        "#!/bin/sh\n[ ! -e ../race ] || { rm ../race; unset GIT_DIR; \
         git -C \"$(cat ../upstream)\" push -q origin HEAD:refs/heads/main HEAD:refs/heads/topic; }\n",
    );
    crate::guard::world::make_executable(&world.lab.path(".git/hooks/pre-push"));
    world.init(&[]);
    world.lab.gx(&["sync-down"]).exits(0);
    world.lab.write("../upstream", world.upstream.dir().to_str().unwrap());
    world.lab_writes("train.py", "other\n");
    let plans = [world.up(&["--mode", "strip"], 0), world.up(&["HEAD", "--branch", "topic"], 0)];
    world.upstream.write("README.md", "theirs\n");
    world.upstream.commit("theirs");
    let theirs = world.upstream.rev("HEAD");
    // The first push meets a branch that moved while it was under way, the second one that was not there.
    for (plan, branch) in plans.iter().zip(["main", "topic"]) {
        world.lab.write("../race", "");
        if branch == "topic" {
            let (public, old) = (world.public.url(), world.upstream.rev("HEAD^"));
            world.lab.git(&["--git-dir", &public, "update-ref", "refs/heads/main", &old]);
            world.lab.git(&["--git-dir", &public, "update-ref", "-d", "refs/heads/topic"]);
        }
        let told = world.lab.gx(&["sync-up", "--push", digest(plan)]).exits(1);
        assert!(!world.lab.path("../race").exists(), "the race was run: {told:?}");
        assert_eq!(world.public_rev(branch), theirs, "{told:?}");
        assert!(world.lab.git(&["for-each-ref", "refs/gx/mirror/published"]).is_empty());
    }
}
