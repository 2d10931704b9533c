//! Plans that somebody else must have signed.

use serde_json::json;

use super::digest;
use crate::mirror::world::World;

/// Makes a key; its public half.
fn key(world: &World, name: &str) -> String {
    let file = world.lab.home() + "/" + name;
    let made = world
        .lab
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &file])
        .status();
    assert!(made.unwrap().success());
    std::fs::read_to_string(file + ".pub").unwrap().trim().to_owned()
}

/// A world in which the reviewer must sign, and a plan in it.
fn signed_world() -> (World, String) {
    let world = World::new();
    let reviewer = key(&world, "reviewer");
    world.lab.write(".gx/allowed_signers", format!("reviewer@lab.example {reviewer}\n"));
    world.rule("[sync]\napproval = \"signed\"");
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    let next = plan["next"].as_str().unwrap();
    assert!(next.starts_with(&format!("gx sync-up --approve {}", &digest(&plan)[..12])), "{next}");
    (world, digest(&plan).to_owned())
}

#[test]
fn without_a_signature_of_somebody_who_may_nothing_is_published() {
    let (world, digest) = signed_world();
    let told = world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    assert!(told.stderr.contains("nobody has signed"), "{told:?}");
    key(&world, "agent");
    let agent = world.lab.home() + "/agent";
    let told = world.lab.gx(&["sync-up", "--approve", &digest, "--key", &agent]).exits(3);
    let words = world.lab.command("ssh-keygen").args(["-l", "-f", &agent]).output().unwrap();
    let print = String::from_utf8_lossy(&words.stdout).split(' ').nth(1).unwrap().to_owned();
    assert!(print.starts_with("SHA256:") && told.stderr.contains(&print), "{told:?}");
    world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    let reviewer = world.lab.home() + "/reviewer";
    let told = world.up(&["--approve", &digest, "--key", &reviewer], 0);
    assert_eq!(told["approved_by"], json!("reviewer@lab.example"));
    // What does not count takes the place of nothing.
    world.lab.gx(&["sync-up", "--approve", &digest, "--key", &agent]).exits(3);
    let shown = world.lab.gx(&["sync-up", "--push", &digest, "--dry-run"]).exits(0).stdout;
    assert!(shown.contains("signed  by reviewer@lab.example\n") && !shown.contains("request"), "{shown}");
    assert_eq!(world.up(&["--push", &digest], 0)["approved_by"], json!("reviewer@lab.example"));
}

#[test]
fn keys_and_policies_of_the_work_tree_and_of_local_refs_do_not_count() {
    let (world, digest) = signed_world();
    let agent = key(&world, "agent");
    world.lab.write(".gx/allowed_signers", format!("reviewer@lab.example {agent}\n"));
    let policy = world.lab.read(".gx/policy.toml").replace("\"signed\"", "\"none\"");
    world.lab.write(".gx/policy.toml", policy);
    world.lab.commit("let me");
    world.lab.gx(&["sync-up", "--approve", &digest, "--key", &(world.lab.home() + "/agent")]).exits(3);
    world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    // Not even where what was seen of the private remote is forged: it is fetched before it is believed.
    let tracking = world.lab.git(&["for-each-ref", "--format=%(refname)", "refs/remotes"]);
    for name in tracking.lines().filter(|name| name.ends_with("/main") && !name.contains("public")) {
        world.lab.git(&["update-ref", name, "HEAD"]);
    }
    let approve = ["sync-up", "--approve", &digest, "--key", &(world.lab.home() + "/agent")];
    let told = world.lab.gx(&approve).exits(3);
    assert!(told.stderr.contains("is not in .gx/allowed_signers of `refs/remotes/private/main`"), "{told:?}");
    world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    // Nor where the public repository, in which nobody says who must sign, is called the private one.
    world.lab.git(&["config", "gx.private.remote", "origin"]);
    let told = world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    assert!(told.stderr.contains("`origin` is the public repository"), "{told:?}");
    // Nor where some other repository is, in which nobody says so either.
    let other = crate::support::clones::Remote::new();
    world.lab.git(&["remote", "add", "other", &other.url()]);
    world.lab.git(&["push", "-q", "--no-verify", "other", "refs/remotes/origin/main:refs/heads/main"]);
    world.lab.git(&["config", "gx.private.remote", "other"]);
    world.lab.git(&["reset", "-q", "--hard", "HEAD^"]);
    let told = world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    assert!(told.stderr.contains("nobody's signature of a plan counts"), "{told:?}");
    assert_eq!(world.public.git(&world.lab, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
}

#[test]
fn a_signature_is_for_one_plan_and_one_purpose_and_may_be_made_elsewhere() {
    let (world, digest) = signed_world();
    let sign = |namespace: &str, text: &str, exit: i32| {
        world.lab.write("digest", format!("{text}\n"));
        let key = world.lab.home() + "/reviewer";
        let mut command = world.lab.command("ssh-keygen");
        let made =
            command.args(["-q", "-Y", "sign", "-n", namespace, "-f", &key, "digest"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let told = world.lab.gx(&["sync-up", "--approve", &digest, "--signature", "digest.sig"]).exits(exit);
        assert_eq!(told.stderr.contains("no signature of this plan"), exit == 3, "{told:?}");
        std::fs::remove_file(world.lab.path("digest.sig")).unwrap();
    };
    world.lab.write("digest.sig", "garbage\n");
    world.lab.gx(&["sync-up", "--approve", &digest, "--signature", "digest.sig"]).exits(3);
    sign("file", &digest, 3);
    sign("gx-approval", &"0".repeat(64), 3);
    world.lab.gx(&["sync-up", "--push", &digest]).exits(3);
    sign("gx-approval", &digest, 0);
    sign("file", &digest, 3);
    world.up(&["--push", &digest], 0);
}
