//! What the policy denies: names, messages, addresses, headers that no log shows, and what nobody can look into.

use crate::guard::world::{World, told};

/// Published so far, under a policy that says this.
fn under(policy: &str) -> World {
    let world = World::new();
    world.lab.write(".git/gx/policy.toml", policy);
    world.passes(&["public", "main"]);
    world
}

/// A merge of a signed tag, whose text stands in a header of the commit (git-merge(1)); on `main`.
fn merge_of_a_tag(world: &World, name: &str, tagger: &str, message: &str) {
    let (tree, head) = (world.lab.rev("HEAD^{tree}"), world.lab.rev("HEAD"));
    let side = world.lab.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "side"]);
    let side = side.trim();
    let who = "Ada <ada@open.example> 1772928000 +0000";
    let tag =
        format!("object {side}\n type commit\n tag {name}\n tagger {tagger} 1772928000 +0000\n \n {message}");
    let text = format!(
        "tree {tree}\nparent {head}\nparent {side}\nauthor {who}\ncommitter {who}\nmergetag {tag}\n\nmerge a tag\n"
    );
    let merge = world.object("commit", &text);
    world.lab.git(&["reset", "-q", "--hard", &merge]);
}

#[test]
fn a_denied_name_leaves_neither_as_a_ref_nor_within_a_tag() {
    let policy = "[refs.public]\nname_deny = [\"acme\"]\n";
    let world = under(policy);
    world.is_blocked(&["public", "main:refs/heads/pilot-for-Acme"], "G003");
    world.is_blocked(&["public", "main:refs/heads/x", "main:refs/tags/ACME-1"], "G003");
    world.lab.git(&["tag", "-a", "acme-1", "-m", "one"]);
    world.is_blocked(&["public", "acme-1:refs/tags/v1"], "G022");
    world.lab.git(&["tag", "-a", "outer", "acme-1", "-m", "two"]);
    world.is_blocked(&["public", "outer"], "G022");
    world.passes(&["origin", "acme-1", "main:refs/heads/pilot-for-acme"]);
    let merged = under(policy);
    merge_of_a_tag(&merged, "acme-1", "Ada <ada@open.example>", "release");
    merged.is_blocked(&["public", "main"], "G022");
}

#[test]
fn a_denied_word_leaves_in_no_message() {
    let policy = "[messages]\ndeny = [\"acme\"]\n";
    let world = under(policy);
    world.lab.git(&["tag", "-a", "v1", "-m", "for Acme"]);
    world.is_blocked(&["public", "v1"], "G020");
    world.lab.git(&["tag", "-a", "v2", "v1", "-m", "fine"]);
    world.is_blocked(&["public", "v2"], "G020");
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "what ACME asked for"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "fine"]);
    world.is_blocked(&["public", "main"], "G020");
    let merged = under(policy);
    merge_of_a_tag(&merged, "v1", "Ada <ada@open.example>", "for Acme");
    assert!(!merged.lab.git(&["log", "--format=%B"]).contains("Acme"), "no log shows it");
    merged.is_blocked(&["public", "main"], "G020");
    merge_of_a_tag(&merged, "v1", "Ada <ada@open.example>", "for everybody");
    merged.lab.git(&["reset", "-q", "--hard", "public/main"]);
    merge_of_a_tag(&merged, "v1", "Ada <ada@open.example>", "for everybody");
    merged.passes(&["public", "main"]);
}

#[test]
fn a_denied_address_leaves_by_none_of_the_places_that_name_one() {
    let policy = "[identity]\ndeny_email = [\"@corp\\\\.example$\"]\n";
    let commit = |more: &[&str], message: &str| {
        let world = under(policy);
        world.lab.git(&[more, &["commit", "-q", "--allow-empty", "-m", message]].concat());
        world.is_blocked(&["public", "main"], "G021");
    };
    commit(&["-c", "author.email=ada@Corp.example"], "x\n\nCo-authored-by: Ada <ada@Corp.example>");
    commit(&[], "x\n\nSigned-off-by: Ada <ada@corp.example>");
    for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
        let world = under(policy);
        let mut made = world.lab.command("git");
        made.env(name, "ada@corp.example").args(["commit", "-q", "--allow-empty", "-m", "x"]);
        assert!(made.status().unwrap().success());
        world.is_blocked(&["public", "main"], "G021");
    }
    let tagged = under(policy);
    let mut made = tagged.lab.command("git");
    made.env("GIT_COMMITTER_EMAIL", "ada@corp.example").args(["tag", "-a", "v1", "-m", "x"]);
    assert!(made.status().unwrap().success());
    tagged.is_blocked(&["public", "v1"], "G021");
    let merged = under(policy);
    merge_of_a_tag(&merged, "v1", "Ada <ada@corp.example>", "release");
    merged.is_blocked(&["public", "main"], "G021");
}

#[test]
fn a_header_that_no_log_shows_does_not_leave() {
    let world = under("");
    let text = world.lab.git(&["cat-file", "commit", "HEAD"]);
    let hidden = world.object("commit", &text.replacen("\n\n", "\nnote the plan\n\n", 1));
    world.is_blocked(&["public", &format!("{hidden}:refs/heads/x")], "G022");
    let tag = format!(
        "object {}\ntype commit\ntag v1\ntagger Ada <ada@lab.example> 1772928000 +0000\nnote the plan\n\nx\n",
        world.lab.rev("HEAD")
    );
    let hidden = world.object("tag", &tag);
    world.is_blocked(&["public", &format!("{hidden}:refs/tags/v1")], "G022");
}

#[test]
fn what_nobody_can_look_into_is_told_or_stopped_as_the_policy_says() {
    let packed = b"7z\xbc\xaf\x27\x1c\x00\x04some bytes that say nothing";
    let strict = under("[content]\nopaque = \"block\"\n");
    strict.lab.write("data.7z", packed);
    strict.lab.commit("data");
    strict.is_blocked(&["public", "main"], "G033");
    let usual = under("");
    usual.lab.write("data.7z", packed);
    usual.lab.commit("data");
    let pushed = usual.push(&["-q", "public", "main"]);
    assert_eq!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("G033") && pushed.said.contains("warning"), "{pushed:#?}");
}

#[test]
fn a_private_name_with_letters_of_its_own_is_private_however_they_are_composed() {
    let composed = "[paths]\nprivate = [\"entw\u{fc}rfe/\", \"stra\u{df}e/\"]\n";
    let decomposed = "[paths]\nprivate = [\"entwu\u{308}rfe/\", \"STRASSE/\"]\n";
    for policy in [composed, decomposed] {
        let world = under(policy);
        let clean = world.lab.rev("HEAD");
        for folder in
            ["entw\u{fc}rfe", "entwu\u{308}rfe", "ENTWU\u{308}RFE", "Entw\u{dc}rfe", "strasse", "Stra\u{df}e"]
        {
            world.lab.write(format!("{folder}/x.md"), "x\n");
            world.lab.commit("drafts");
            world.is_blocked(&["public", "main"], "G010");
            world.lab.git(&["reset", "-q", "--hard", &clean]);
        }
        world.lab.write("entwurfe/x.md", "another\n");
        world.lab.commit("another word");
        world.passes(&["public", "main"]);
    }
}

#[test]
fn what_may_loosen_is_said_by_the_clones_own_configuration_alone() {
    let world = World::new();
    world.lab.git(&["checkout", "-q", "-b", "loose"]);
    world.lab.write(".gx/policy.toml", "[paths]\nexcept = [\"private/plan.md\"]\n");
    world.lab.commit("loose");
    world.lab.git(&["checkout", "-q", "main"]);
    world.add_secret();
    let shared = world.lab.path("../shared.config");
    world.lab.write("../shared.config", "[gx \"private\"]\n\tremote = nowhere\n\tbranch = loose\n");
    let mut push = world.lab.command("git");
    push.args(["push", "public", "main"]).env("GIT_CONFIG_GLOBAL", &shared);
    let pushed = told(push.output().unwrap());
    assert!(pushed.code == Some(1) && pushed.said.contains("G010"), "{pushed:#?}");
    world.lab.git(&["config", "gx.private.remote", "nowhere"]);
    world.lab.git(&["config", "gx.private.branch", "loose"]);
    world.passes(&["public", "main"]);
}
