//! The guard in every format that a repository can have.

use crate::guard::world::World;
use crate::support::Lab;

/// A world in which ids and refs are kept so; none where this git cannot.
fn kept(hash: &str, refs: &str) -> Option<World> {
    let lab = Lab::bare_folder().with("GIT_DEFAULT_HASH", hash).with("GIT_DEFAULT_REF_FORMAT", refs);
    let tried = lab.command("git").args(["init", "-q", "--bare", "../tried"]).output().unwrap();
    let told =
        lab.command("git").args(["-C", "../tried", "rev-parse", "--show-ref-format"]).output().unwrap();
    if !tried.status.success() || String::from_utf8_lossy(&told.stdout).trim() != refs {
        eprintln!("SKIPPED: this git keeps no {hash} with {refs}");
        return None;
    }
    let world = World::on(lab);
    world.lab.gx(&["guard", "install"]).exits(0);
    Some(world)
}

#[test]
fn longer_ids_and_refs_in_tables_are_guarded_as_others_are() {
    for (hash, refs) in [("sha256", "files"), ("sha1", "reftable"), ("sha256", "reftable")] {
        let Some(world) = kept(hash, refs) else { continue };
        let length = if hash == "sha256" { 64 } else { 40 };
        assert_eq!(world.lab.rev("HEAD").len(), length, "{hash} {refs}");
        world.passes(&["public", "main", "main:refs/heads/topic"]);
        let experiment = world.experiment();
        world.is_blocked(&["public", "refs/experiments/exp-1"], "G001");
        world.is_blocked(&["public", &format!("{experiment}:refs/heads/x")], "G004");
        world.is_blocked(&["public", ":refs/heads/topic"], "G002");
        world.lab.git(&["tag", "blob", "HEAD:README.md"]);
        world.is_blocked(&["public", "blob"], "G005");
        world.add_secret();
        world.is_blocked(&["public", "main"], "G010");
        world.is_blocked(&["--mirror", "public"], "G0");
        world.passes(&["origin", "main", "refs/experiments/exp-1"]);
        world.lab.gx(&["guard", "check", "public", "main"]).exits(3);
        world.lab.git(&["switch", "-q", "-c", "copy", "HEAD~1"]);
        world.lab.write("plan.md", "the plan\n");
        world.lab.commit("the same elsewhere");
        world.is_blocked(&["public", "copy"], "G030");
        // What goes by it raises the alarm there too.
        world.push(&["--no-verify", "public", "main"]);
        let audit = world.lab.gx(&["guard", "audit", "--json"]).exits(3).json();
        assert_eq!(audit["alarms"][0]["reference"], "refs/remotes/public/main", "{hash} {refs}: {audit:#}");
    }
}
