//! Texts leak: messages, addresses, headers that no log shows.

use super::world::*;

const POLICY: &str = "[messages]\ndeny = [\"project (x|y)ylon\"]\n\
                      [identity]\ndeny_email = [\"@corp\\\\.example$\"]\n\
                      public = { \"ada@home.example\" = \"Ada <ada@open.example>\" }\n";

fn world() -> World {
    let world = World::new();
    world.policy(POLICY);
    world.pass();
    world
}

#[test]
fn what_the_policy_denies_is_found_in_messages_of_commits_and_tags() {
    let world = world();
    world.git(&["commit", "-q", "--allow-empty", "-m", "fine\n\nfor Project Xylon"]);
    let report = world.push();
    assert_eq!((rules(&report), report.findings[0].spot.line), (vec!["G020"], Some(3)));
    assert_eq!(rules(&world.push_to(PRIVATE, "main", "refs/heads/main")), [""; 0]);
    world.git(&["tag", "-a", "v1", "-m", "project yylon", "main~1"]);
    assert_eq!(rules(&world.push_to(PUBLIC, "v1", "refs/tags/v1")), ["G020"]);
}

#[test]
fn private_addresses_are_found_wherever_they_stand() {
    for (name, value) in [
        ("GIT_AUTHOR_EMAIL", "ada@corp.example"),
        ("GIT_COMMITTER_EMAIL", "Ada@Home.Example"),
        ("message", "Co-authored-by: Ada <ada@corp.example>"),
        ("message", "thanks to ada@home.example."),
    ] {
        let world = world();
        let message = if name == "message" { value } else { "work" };
        let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
        let made = crate::process::command::Program::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@open.example"])
            .args(["commit-tree", "-p", "main", "-m", message, &tree])
            .env(name, value)
            .dir(world.dir())
            .run();
        let made = String::from_utf8(made.unwrap()).unwrap();
        world.git(&["reset", "-q", "--hard", made.trim()]);
        assert_eq!(rules(&world.push()), ["G021"], "{name} {value}");
    }
}

#[test]
fn what_stands_in_a_merged_tag_or_an_unknown_header_is_found() {
    let world = world();
    let (tree, parent) = (world.git(&["rev-parse", "HEAD^{tree}"]), world.git(&["rev-parse", "HEAD"]));
    let with = |header: &str| {
        let person = "Ada <ada@lab.example> 1700000000 +0000";
        let text =
            format!("tree {tree}\nparent {parent}\nauthor {person}\ncommitter {person}\n{header}\n\nwork\n");
        let made = world.git_with(&["hash-object", "-t", "commit", "-w", "--stdin"], text.as_bytes());
        world.git(&["update-ref", "refs/heads/made", &made]);
        rules(&world.push_to(PUBLIC, "refs/heads/made", "refs/heads/made"))
    };
    let tag = |who: &str, text: &str| {
        format!("mergetag object {parent}\n type commit\n tag v1\n tagger {who} 1700000000 +0000\n \n {text}")
    };
    assert_eq!(with(&tag("Ada <ada@lab.example>", "fine")), [""; 0]);
    assert_eq!(with(&tag("Ada <ada@lab.example>", "project xylon")), ["G020"]);
    assert_eq!(with(&tag("Ada <ada@corp.example>", "fine")), ["G021"]);
    assert_eq!(with("note hidden words"), ["G022"]);
    assert_eq!(with("change-id zzzz"), [""; 0]);
}
