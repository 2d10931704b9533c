//! `gx mirror init`.

use serde_json::json;

use super::world::World;
use crate::support::Lab;

fn setting(lab: &Lab, key: &str) -> String {
    lab.git(&["config", "--get-all", key]).trim().to_owned()
}

#[test]
fn a_clone_of_the_public_repository_pushes_to_the_private_one_and_nothing_to_the_public_one() {
    let world = World::plain();
    let told = world.init(&["--fork", "https://git.example/me/open.git"]);
    let (lab, public, private) = (&world.lab, world.public.url(), world.private.url());
    assert_eq!(
        (&told["public"]["remote"], &told["private"]["remote"]),
        (&json!("origin"), &json!("private"))
    );
    for (key, value) in [
        ("remote.pushDefault", "private"),
        ("remote.origin.pushurl", "DISABLED-publish-with-gx-sync-up"),
        ("remote.origin.tagOpt", "--no-tags"),
        ("remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"),
        ("remote.private.fetch", "+refs/heads/*:refs/remotes/private/*"),
        ("gx.public.url", &public),
        ("gx.public.remote", "origin"),
        ("gx.public.fork", "https://git.example/me/open.git"),
        ("gx.private.remote", "private"),
        ("gx.private.branch", "main"),
        ("gx.remote.private.privateUrl", &private),
    ] {
        assert_eq!(setting(lab, key), value, "{key}");
    }
    // The policy is committed alone, and a plain push takes it to the private repository.
    assert_eq!(
        lab.git(&["show", "--format=%s", "--name-only", "HEAD"]),
        "Say what is private in this repository\n\n.gx/policy.toml\n"
    );
    assert_eq!(lab.status(), "");
    lab.git(&["push", "-q"]);
    assert_eq!(world.private_main(), lab.rev("HEAD"));
    // Whoever pushes to the public address by itself asks the guard.
    let told = lab.command("git").args(["push", &public, "HEAD:refs/heads/x"]).output().unwrap();
    assert!(
        !told.status.success() && String::from_utf8_lossy(&told.stderr).contains(".gx/policy.toml"),
        "{told:?}"
    );
    let refused = lab.command("git").args(["push", "origin", "HEAD:refs/heads/x"]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("gx-sync-up"));
    assert_eq!(world.public.git(lab, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
}

#[test]
fn running_it_again_changes_nothing_and_a_plan_changes_nothing_at_all() {
    let world = World::plain();
    let config = || world.lab.read(".git/config");
    let before = config();
    let told = world.init(&["--dry-run"]);
    assert!(told["changes"].as_array().unwrap().len() > 10, "{told}");
    assert_eq!((config(), world.lab.status()), (before, String::new()));
    assert!(!world.lab.path(".gx").exists());
    world.init(&[]);
    let (after, head, exclude) = (config(), world.lab.rev("HEAD"), world.lab.read(".git/info/exclude"));
    let told = world.init(&[]);
    assert_eq!(told["changes"], json!([]));
    assert_eq!(
        (config(), world.lab.rev("HEAD"), world.lab.read(".git/info/exclude")),
        (after, head, exclude)
    );
    world.lab.write(".env", "TOKEN=1\n");
    world.lab.write(".env.example", "TOKEN=\n");
    assert_eq!(world.lab.status(), "?? .env.example\n");
}

#[test]
fn a_clone_of_the_private_repository_keeps_its_names_and_its_policy() {
    let world = World::plain();
    world.lab.git(&["remote", "set-url", "origin", &world.private.url()]);
    world
        .lab
        .write(".gx/policy.toml", "[paths]\nprivate = [\"notes/\"]\n[sync]\nprivate_branch = \"work\"\n");
    let told = world.init(&[]);
    assert_eq!((&told["public"]["remote"], &told["private"]["remote"]), (&json!("public"), &json!("origin")));
    assert_eq!((&told["private"]["branch"], &told["public"]["branch"]), (&json!("work"), &json!("main")));
    assert!(world.lab.read(".gx/policy.toml").contains("notes/"));
    assert_eq!(told["commit"], json!(null));
    assert_eq!(told["next"][0], json!("gx sync-down"));
    assert!(
        told["next"][1].as_str().unwrap().starts_with("git switch work && git add .gx/policy.toml"),
        "{told}"
    );
}

#[test]
fn on_another_branch_and_where_it_is_not_wanted_nothing_is_committed() {
    let world = World::plain();
    let head = world.lab.rev("HEAD");
    world.init(&["--no-commit"]);
    assert_eq!((world.lab.rev("HEAD"), world.lab.status()), (head, "?? .gx/\n".to_owned()));
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do_and_nothing_is_changed() {
    let world = World::plain();
    let (public, config) = (world.public.url(), world.lab.read(".git/config"));
    let slashed = format!("{public}/");
    let told = world.lab.gx(&["mirror", "init", "--public", &public, "--private", &slashed]).exits(2);
    assert!(told.stderr.contains("are the same"), "{}", told.stderr);
    let told =
        world.lab.gx(&["mirror", "init", "--public", &public, "--private", "/x", "--public-branch", "a..b"]);
    assert!(told.exits(2).stderr.contains("`a..b` cannot be the name of a branch"));
    world.lab.gx(&["mirror", "init", "--public", "", "--private", "/x"]).exits(2);
    assert_eq!(world.lab.read(".git/config"), config);
    let none = Lab::bare_folder();
    none.gx(&["mirror", "init", "--public", &public, "--private", "/x"]).exits(1);
    for words in [&["sync-down"][..], &["sync", "abort"], &["mirror", "status"], &["mirror", "log"]] {
        let told = world.lab.gx(words).exits(1);
        assert!(
            told.stderr.contains("hint: set it up: `gx mirror init --public URL --private URL`"),
            "{}",
            told.stderr
        );
    }
}

#[test]
fn a_repository_that_cannot_be_reached_is_told_and_no_obstacle() {
    let world = World::plain();
    let gone = "/nowhere/at/all.git";
    let private = world.private.url();
    let told =
        world.lab.gx(&["mirror", "init", "--json", "--public", gone, "--private", &private]).exits(0).json();
    assert!(told["warnings"][0].as_str().unwrap().contains("could not be asked for its branch"), "{told}");
    assert_eq!(told["public"]["branch"], json!("main"));
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(
        told.stderr.contains("cannot reach `public`") && told.stderr.contains("hint: "),
        "{}",
        told.stderr
    );
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_setup_that_was_killed_is_completed_by_the_next_one() {
    let world = World::plain();
    let (public, private) = (world.public.url(), world.private.url());
    let words = ["mirror", "init", "--public", &public, "--private", &private];
    let killed = world.lab.gx_command().env("GX_FAIL_AT", "mirror-init").args(words).output().unwrap();
    assert!(!killed.status.success());
    world.init(&[]);
    assert_eq!(world.init(&[])["changes"], json!([]));
    assert_eq!(setting(&world.lab, "remote.private.fetch"), "+refs/heads/*:refs/remotes/private/*");
}

#[test]
fn a_list_of_ignored_paths_that_is_no_utf_8_stays_as_it_is() {
    let world = World::plain();
    let list = world.lab.path(".git/info/exclude");
    std::fs::write(&list, b"# f\xfcr mich\nnotes/\n").unwrap();
    let told = world.init(&[]);
    assert_eq!(std::fs::read(&list).unwrap(), b"# f\xfcr mich\nnotes/\n");
    assert!(told["warnings"].to_string().contains("info/exclude is no UTF-8 text"), "{told:#}");
}

#[test]
fn what_the_public_repository_has_is_known_as_public_before_the_first_push_and_after_each_sync() {
    let world = World::plain();
    let token = ["ghp", "_", "x7Kq9LmZ2vTn4RbW8yCd", "3FgHjP5sQe6UaXoi"].concat();
    let url = world.public.url();
    let check = |exit: i32| {
        let what = format!("{}:refs/heads/main", world.lab.rev("refs/remotes/origin/main"));
        world.lab.gx(&["guard", "check", &url, &what]).exits(exit);
    };
    world.upstream_writes("first.txt", &format!("token = {token}\n"));
    world.lab.git(&["pull", "-q", "origin", "main"]);
    check(3);
    world.init(&[]);
    check(0);
    world.upstream_writes("second.txt", &format!("secret token = {}\n", token.replace("x7K", "y8K")));
    world.lab.git(&["fetch", "-q", "origin"]);
    check(3);
    world.sync(&[], 0);
    check(0);
    // It is told all the same, where that is asked.
    let told = world.lab.gx(&["guard", "scan", "--published"]).exits(3);
    assert!(told.stdout.contains("first.txt") && told.stdout.contains("second.txt"), "{}", told.stdout);
}

#[test]
fn values_of_the_users_own_settings_are_shown_and_kept_when_they_are_replaced() {
    let world = World::plain();
    let own = [
        ("remote.origin.push", "refs/heads/*:refs/heads/*"),
        ("remote.pushDefault", "origin"),
        ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
    ];
    for (key, value) in &own[..2] {
        world.lab.git(&["config", key, value]);
    }
    let told = world.init(&[]);
    let changes = told["changes"].to_string();
    assert!(changes.contains("unset remote.origin.push   (was refs/heads/*:refs/heads/*)"), "{told:#}");
    for (key, value) in own {
        assert_eq!(setting(&world.lab, &format!("gx.mirror.replaced.{key}")), value);
    }
    // A second time what gx has written itself is nothing to keep, what somebody has written since is.
    world.lab.git(&["config", "remote.origin.push", "HEAD"]);
    world.init(&[]);
    let kept = setting(&world.lab, "gx.mirror.replaced.remote.origin.push");
    assert_eq!(kept, "refs/heads/*:refs/heads/*\nHEAD");
    assert_eq!(world.init(&[])["changes"], json!([]));
}

#[test]
fn a_list_of_ignored_paths_behind_a_link_is_written_there_and_the_link_stays() {
    let world = World::plain();
    let (list, real) = (world.lab.path(".git/info/exclude"), world.lab.path("../ignored"));
    std::fs::rename(&list, &real).unwrap();
    std::os::unix::fs::symlink(&real, &list).unwrap();
    world.init(&[]);
    assert!(std::fs::symlink_metadata(&list).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().contains("\n.env\n"));
}

#[test]
fn what_is_to_be_done_next_in_an_empty_clone_can_be_done_in_that_order() {
    let mut world = World::plain();
    world.lab = Lab::bare_folder();
    world.lab.git(&["clone", "-q", &world.private.url(), "."]);
    let told = world.init(&[]);
    let next: Vec<&str> = told["next"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!((next.len(), next[0], next[2]), (3, "gx sync-down", "gx sync-down"), "{told:#}");
    world.sync(&[], 0);
    assert!(world.lab.command("sh").args(["-ec", next[1]]).status().unwrap().success(), "{told:#}");
    world.sync(&[], 0);
    assert_eq!(world.private_main(), world.lab.rev("HEAD"));
}

#[test]
fn a_public_repository_that_does_not_answer_is_told_in_one_line_of_git() {
    let world = World::plain();
    let words =
        ["mirror", "init", "--json", "--dry-run", "--public", "nowhere", "--private", &world.private.url()];
    let told = world.lab.gx(&words).exits(0).json();
    let warnings = told["warnings"].to_string();
    assert!(warnings.contains("could not be asked") && !warnings.contains("\\n"), "{warnings}");
}

#[test]
fn a_policy_that_cannot_be_read_is_told_with_its_line_and_what_to_do() {
    let world = World::new();
    world.lab_writes(".gx/policy.toml", "[sync]\n[paths\n");
    for words in [&["sync-up", "HEAD^"][..], &["mirror", "status"], &["sync-down"]] {
        let told = world.lab.gx(words).exits(2).stderr;
        assert!(told.contains(".gx/policy.toml:2: ") && told.contains("correct it there"), "{told}");
    }
}

#[test]
fn a_policy_that_went_by_the_guard_and_nobody_can_read_is_mended_by_a_push_under_the_one_before_it() {
    let world = World::new();
    world.lab_writes(".gx/policy.toml", "[paths]\nnever = [\"*.keys\"]\n");
    world.lab.git(&["push", "-q", "private", "main"]);
    let broken = world.lab_writes(".gx/policy.toml", "[paths\n");
    world.lab.git(&["push", "-q", "--no-verify", "private", "main"]);
    let push = |words: &[&str]| world.lab.command("git").args(["push", "-q"]).args(words).output().unwrap();
    // What brings no policy mends nothing.
    world.lab.git(&["switch", "-q", "-c", "side", "origin/main"]);
    world.lab_writes("a.txt", "a\n");
    assert!(!push(&["private", "side"]).status.success());
    world.lab.git(&["switch", "-q", "main"]);
    world.lab_writes("my.keys", "not for anybody\n");
    world.lab_writes(".gx/policy.toml", "[paths]\n");
    let told = push(&["private", "main"]);
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stderr).contains("my.keys"), "{told:?}");
    world.lab.git(&["reset", "-q", "--hard", &broken]);
    world.lab_writes(".gx/policy.toml", "[paths]\n");
    let public = world.public.url();
    assert!(!push(&[&public, "main~4:refs/heads/x"]).status.success(), "to the public place nothing goes");
    let told = push(&["private", "main"]);
    assert!(told.status.success(), "{told:?}");
    world.lab.gx(&["sync-down"]).exits(0);
}
