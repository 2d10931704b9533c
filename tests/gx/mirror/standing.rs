//! `gx mirror status` and `gx mirror log`.

use serde_json::json;

use super::world::World;

#[test]
fn status_tells_at_each_stage_what_could_go_where() {
    let world = World::plain();
    world.init(&[]);
    let told = world.status();
    assert_eq!((&told["inner"], &told["unsent"], &told["alarms"]), (&json!(1), &json!(2), &json!([])));
    world.sync(&[], 0);
    let told = world.status();
    assert_eq!(
        (&told["ahead"], &told["inner"], &told["behind"], &told["unsent"]),
        (&json!(0), &json!(0), &json!(0), &json!(0))
    );
    assert_eq!(
        (&told["public_files"], &told["withheld_files"], &told["drift"]),
        (&json!(2), &json!(1), &json!([]))
    );
    world.lab_writes("private/plan.md", "the plan\n");
    world.lab_writes("train.py", "mine\n");
    world.lab_writes("notes.local.md", "note\n");
    world.upstream_writes("README.md", "read this\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    let told = world.status();
    assert_eq!(
        (&told["ahead"], &told["inner"], &told["behind"], &told["unsent"]),
        (&json!(1), &json!(2), &json!(1), &json!(3))
    );
    assert_eq!(told["withheld"], json!({".gx/": 1, "notes.local.md": 1, "private/": 1}));
    assert_eq!((&told["drift"], &told["is_adrift"]), (&json!(["README.md", "train.py"]), &json!(false)));
    assert_eq!(told["next"], json!("gx sync-down"));
    let dir = {
        world.upstream_writes("train.py", "theirs\n");
        world.sync(&[], 1)["worktree"].as_str().unwrap().to_owned()
    };
    assert_eq!(world.status()["waiting"], json!(dir));
    world.lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!(world.status()["waiting"], json!(null));
}

#[test]
fn the_screen_says_it_in_a_few_lines() {
    let world = World::new();
    world.lab_writes("train.py", "mine\n");
    world.upstream_writes("README.md", "read this\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    let told = world.lab.gx(&["mirror", "status"]).exits(0).stdout;
    let lines: Vec<&str> = told.lines().map(|line| line.split("  /").next().unwrap().trim_end()).collect();
    let (private, public) = (&world.lab.rev("HEAD")[..7], &world.lab.rev("refs/remotes/origin/main")[..7]);
    assert_eq!(
        lines,
        [
            format!("private private/main at {private}").as_str(),
            &format!("public  origin/main at {public}"),
            "stands  1 commit could come down, 1 could go up",
            "unsent  1 commit not on `private` yet",
            "files   2 public files, 1 withheld",
            "        .gx/ (1)",
            "drift   2 files differ: README.md, train.py",
            "next    gx sync-down",
        ]
    );
}

#[test]
fn what_would_let_something_private_out_is_an_alarm_with_what_to_do() {
    let world = World::new();
    world.lab.git(&["config", "remote.pushDefault", "origin"]);
    world.lab.git(&["config", "--unset", "remote.origin.pushurl"]);
    world.lab.gx(&["remote", "trust", "private", "--forget"]).exits(0);
    std::fs::remove_file(world.lab.path(".git/hooks/pre-push")).unwrap();
    let alarms = world.status()["alarms"].to_string();
    for told in [
        "git config remote.pushDefault private",
        "git config remote.origin.pushurl DISABLED-publish-with-gx-sync-up",
        "gx remote trust private --private",
        "gx guard install",
    ] {
        assert!(alarms.contains(told), "{told}: {alarms}");
    }
    world.init(&[]);
    assert_eq!(world.status()["alarms"], json!([]));
    world.upstream_writes("private/x", "x\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    let alarms = world.status()["alarms"].to_string();
    assert!(alarms.contains("the public branch has private files: private/x"), "{alarms}");
}

#[test]
fn trees_that_differ_though_nothing_is_ahead_or_behind_are_adrift() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.upstream_writes("README.md", "read this\n");
    let dir = {
        world.lab_writes("train.py", "mine\n");
        world.upstream_writes("train.py", "theirs\n");
        world.sync(&[], 1)["worktree"].as_str().unwrap().to_owned()
    };
    world.lab.write(format!("{dir}/train.py"), "theirs\n");
    world.lab.gx(&["sync", "continue"]).exits(0);
    let told = world.status();
    assert_eq!((&told["is_adrift"], &told["drift"], &told["ahead"]), (&json!(false), &json!([]), &json!(0)));
    // A merge by hand that says something else than both.
    world.upstream_writes("README.md", "again\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    world.lab.git(&["merge", "-q", "--no-commit", "--no-ff", "origin/main"]);
    world.lab.write("README.md", "neither\n");
    world.lab.commit("merge");
    let told = world.status();
    assert_eq!((&told["is_adrift"], &told["drift"]), (&json!(true), &json!(["README.md"])));
}

#[test]
fn the_log_names_for_each_public_commit_the_private_one() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    let first = world.upstream_writes("README.md", "read this\n");
    let second = world.upstream_writes("README.md", "read that\n");
    world.sync(&[], 0);
    let join = world.lab.rev("HEAD");
    let third = world.upstream_writes("README.md", "read more\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    let told = world.lab.gx(&["mirror", "log", "--limit", "3", "--json"]).exits(0).json();
    let rows: Vec<_> = told["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["public"], &row["private"], &row["how"]))
        .collect();
    assert_eq!(
        rows,
        [
            (&json!(third), &json!(null), &json!("new")),
            (&json!(second), &json!(join), &json!("anchor")),
            (&json!(first), &json!(first), &json!("down")),
        ]
    );
    let text = world.lab.gx(&["mirror", "log"]).exits(0).stdout;
    assert!(text.contains("not down yet") && text.contains("change README.md"), "{text}");
}

#[test]
fn a_squashed_landing_upstream_leaves_nothing_to_contribute_twice() {
    let world = World::new();
    world.lab_writes("train.py", "better\n");
    world.lab_writes("README.md", "read better\n");
    assert_eq!(world.status()["ahead"], json!(2));
    // Upstream takes both in one commit of its own.
    world.upstream.write("train.py", "better\n");
    world.upstream_writes("README.md", "read better\n");
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], &told["is_anchor"]), (&json!("merge"), &json!(true)));
    let told = world.status();
    assert_eq!((&told["ahead"], &told["behind"], &told["drift"]), (&json!(0), &json!(0), &json!([])));
}

#[test]
fn a_squashed_landing_is_seen_though_more_was_done_here_since() {
    let world = World::new();
    world.lab_writes("train.py", "better\n");
    world.lab_writes("private/plan.md", "the plan\n");
    let landed = world.lab_writes("README.md", "read better\n");
    world.lab_writes("tune.py", "not for them yet\n");
    world.upstream.write("train.py", "better\n");
    let squashed = world.upstream_writes("README.md", "read better\n");
    world.upstream_writes("theirs.py", "theirs\n");
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], &told["is_anchor"]), (&json!("merge"), &json!(false)));
    let log = world.lab.gx(&["mirror", "log", "--json"]).exits(0).json();
    let row = log["commits"].as_array().unwrap().iter().find(|row| row["public"] == json!(squashed)).unwrap();
    assert_eq!((&row["how"], &row["private"]), (&json!("anchor"), &json!(landed)));
    assert_eq!((&world.status()["ahead"], &world.status()["drift"]), (&json!(1), &json!(["tune.py"])));
}

#[test]
fn an_audit_names_the_public_repository_and_not_the_address_that_stops_a_push() {
    let world = World::new();
    for words in [&["guard", "audit", "--json"][..], &["guard", "scan", "--json"]] {
        let told = world.lab.gx(words).json();
        let urls: Vec<_> = told["places"].as_array().unwrap().iter().map(|place| &place["url"]).collect();
        assert_eq!(urls, [&json!(world.public.url())], "{told:#}");
    }
}

#[test]
fn one_of_a_thing_reads_as_one_and_a_command_is_never_broken_over_lines() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let told = world.lab.gx(&["sync-down"]).exits(1).stdout;
    assert!(told.contains("1 commit of upstream conflicts in 1 path; "), "{told}");
    assert!(told.contains("gx sync continue   (or gx sync skip, or gx sync abort)\n"), "{told}");
    world.lab.git(&["config", "--unset", "remote.origin.pushurl"]);
    let mut narrow = world.lab.gx_command();
    let told = narrow.args(["mirror", "status"]).env("COLUMNS", "60").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for line in [
        "        1 private commit touches nothing public\n",
        "drift   1 file differs: train.py\n",
        "(git config remote.origin.pushurl DISABLED-publish-with-gx-sync-up)\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    world.lab.gx(&["sync", "abort"]).exits(0);
}

#[test]
fn what_was_published_whole_does_not_come_down_again() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    world.publish_up(&["--mode", "strip"]);
    let told = world.status();
    assert_eq!((&told["ahead"], &told["behind"]), (&json!(0), &json!(0)));
    world.upstream.git(&["pull", "-q", "--rebase", "origin", "main"]);
    world.upstream_writes("README.md", "read this\n");
    world.lab.git(&["fetch", "-q", "origin"]);
    assert_eq!(world.status()["behind"], json!(1));
    world.sync(&[], 0);
    assert_eq!(world.status()["behind"], json!(0));
}
