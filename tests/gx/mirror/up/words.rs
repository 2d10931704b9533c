//! What is said in public: messages, names, addresses.

use serde_json::json;

use crate::mirror::world::World;

#[test]
fn of_a_mixed_commit_without_a_section_nothing_is_said() {
    let world = World::new();
    world.lab.write("private/plan.md", "the plan\n");
    world.lab.write("train.py", "other\n");
    world.lab.commit("because of acme");
    let plan = world.publish_up(&["HEAD", "--branch", "topic"]);
    assert_eq!(
        (&plan["commits"][0]["message"], &plan["commits"][0]["is_silent"]),
        (&json!("Update train.py\n"), &json!(true))
    );
    world.publish_up(&["--mode", "strip"]);
    world.assert_nothing_private_is_public(&["acme"]);
}

#[test]
fn ids_trailers_experiments_and_addresses_stay_private_and_names_are_mapped() {
    let world = World::new();
    world.rule("[identity]\ndeny_email = [\"@lab\\\\.example$\"]\n[identity.public]\n\"ada@lab.example\" = \"Ada Public <ada@open.example>\"");
    let before = world.lab_writes("private/plan.md", "the plan\n");
    world.lab.write("train.py", "other\n");
    world.lab.commit(&format!(
        "Revert {} as exp-12 and desk/exp-3 say\n\nSee {before}, ask ada@lab.example.\n\nGx-Uuid: 1\n\
         Signed-off-by: Ada <ada@lab.example>\nAcked-by: Bob <bob@lab.example>\n(cherry picked from commit {before})",
        &before[..9]
    ));
    let plan = world.publish_up(&["HEAD", "--branch", "topic"]);
    let commit = &plan["commits"][0];
    assert_eq!(commit["author"], json!("Ada Public <ada@open.example>"));
    assert_eq!(
        commit["message"],
        json!(
            "Revert a private commit as an experiment and an experiment say\n\nSee a private commit, ask \
             ada@open.example.\n\nSigned-off-by: Ada Public <ada@open.example>\n"
        )
    );
    let told = world.public.git(&world.lab, &["log", "-1", "--format=%an %ae %cn %ce", "topic"]);
    assert_eq!(told, "Ada Public ada@open.example Ada Public ada@open.example\n");
    assert_eq!(
        world.public.git(&world.lab, &["log", "-1", "--format=%at", "topic"]),
        world.lab.git(&["log", "-1", "--format=%at"])
    );
}

#[test]
fn words_that_the_policy_denies_and_names_of_private_branches_block_a_plan() {
    let world = World::new();
    world.rule("[messages]\ndeny = [\"(?i)acme\"]");
    world.lab.git(&["branch", "pilot-42"]);
    for (file, message, why) in
        [("a.py", "for Acme", "messages.deny"), ("b.py", "as on pilot-42", "pilot-42")]
    {
        world.lab.write(file, message);
        world.lab.commit(message);
        for more in [&["HEAD"][..], &["--mode", "strip"]] {
            let told = world.up(more, 3);
            assert!(told["blocked"].to_string().contains(why), "{told:#}");
            assert_eq!(told["digest"], json!(null));
        }
    }
    assert!(world.lab.git(&["for-each-ref", "refs/gx/mirror/plans"]).is_empty());
    let given = world.up(&["HEAD", "--message", "for everybody"], 0);
    assert_eq!(given["blocked"], json!([]));
}

#[test]
fn an_address_that_nobody_mapped_and_the_policy_denies_blocks_a_plan() {
    let world = World::new();
    world.rule("[identity]\ndeny_email = [\"@lab\\\\.example$\"]");
    world.lab_writes("train.py", "other\n");
    let told = world.up(&["HEAD"], 3);
    assert!(told["blocked"][0].as_str().unwrap().contains("deny_email"), "{told:#}");
}

#[test]
fn encodings_are_kept_and_signatures_are_not() {
    let world = World::new();
    world.lab.write("train.py", "other\n");
    world.lab.git(&["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "-a", "-m", "caf\u{e9}"]);
    let signed = world.lab.git(&["cat-file", "commit", "HEAD"]).replacen(
        "\n\n",
        "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n aaaa\n -----END PGP SIGNATURE-----\n\n",
        1,
    );
    world.lab.write("signed", &signed);
    let signed = world.lab.git(&["hash-object", "-t", "commit", "-w", "signed"]).trim().to_owned();
    std::fs::remove_file(world.lab.path("signed")).unwrap();
    world.lab.git(&["reset", "-q", "--hard", &signed]);
    world.publish_up(&["--mode", "strip"]);
    let public = world.public.git(&world.lab, &["cat-file", "commit", "main"]);
    assert!(public.contains("encoding ISO-8859-1\n") && !public.contains("gpgsig"), "{public}");
}

#[test]
fn with_a_key_of_provenance_a_commit_says_of_what_it_was_made_to_those_who_have_the_key() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    world.lab.git(&["config", "gx.mirror.provenanceKey", "0123456789"]);
    let one = world.up(&["HEAD"], 0);
    assert!(one["commits"][0]["message"].as_str().unwrap().contains("\n\nProvenance: "), "{one:#}");
    world.lab.git(&["config", "gx.mirror.provenanceKey", "9876543210"]);
    assert_ne!(world.up(&["HEAD"], 0)["tip"], one["tip"]);
}

#[test]
fn a_message_that_names_a_private_path_is_not_published_or_warned_of() {
    let world = World::new();
    world.lab.write("train.py", "other\n");
    world.lab.commit("As in private/plan.md: widen it");
    for more in [&["HEAD"][..], &["--mode", "strip"]] {
        let told = world.up(more, 0);
        assert_eq!(told["commits"][0]["is_silent"], json!(true), "{told:#}");
        assert_eq!(told["warnings"], json!([]));
    }
    let told = world.up(&["HEAD", "--message", "Widen it, see private/plan.md"], 0);
    assert!(told["warnings"].to_string().contains("names private/plan.md"), "{told:#}");
    let shown = world.lab.gx(&["sync-up", "HEAD"]).exits(0).stdout;
    assert!(shown.contains("digest  ") && !shown.contains("widen it"), "{shown}");
    world.rule("[messages]\ndeny = [\"Update\"]");
    let shown = world.lab.gx(&["sync-up", "HEAD~1"]).exits(3).stdout;
    assert!(shown.contains("blocked ") && !shown.contains("digest") && !shown.contains("next"), "{shown}");
}
