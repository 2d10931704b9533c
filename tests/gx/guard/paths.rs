//! Every spelling of a private name, and every way around it.

use crate::guard::world::World;

/// Commits one entry of any name, which the file system need not be able to hold.
fn with_entry(world: &World, path: &[u8], mode: &str, object: &str) {
    let mut line = format!("{mode} {object}\t").into_bytes();
    line.extend_from_slice(path);
    line.push(0);
    std::fs::write(world.lab.path("../entry"), line).unwrap();
    let mut shell = world.lab.command("sh");
    let script =
        "git -c core.protectNTFS=false -c core.protectHFS=false update-index -z --index-info <../entry";
    assert!(shell.args(["-c", script]).status().unwrap().success(), "{path:?}");
    world.lab.git(&["commit", "-q", "-m", "names"]);
}

#[test]
fn a_private_name_is_one_in_every_spelling() {
    for path in [
        "private/x".as_bytes(),
        b"Private/x",
        b"PRIVATE/x",
        b"deep/private/x",
        b"private./x",
        b"private /x",
        "pri\u{200b}vate/x".as_bytes(),
        "pri\u{200d}vate/x".as_bytes(),
        "\u{feff}private/x".as_bytes(),
        b"notes.local.md",
        b"notes.LOCAL.md",
        b"private/a\nb",
        b"private/\xff\xfe",
        b"private/a\tb\"c\\d",
        b".gx/signers.md",
    ] {
        let world = World::new();
        let blob = world.lab.rev("HEAD:README.md");
        with_entry(&world, path, "100644", &blob);
        let pushed = world.push(&["public", "main"]);
        assert_eq!(pushed.code, Some(1), "{}: {pushed:#?}", String::from_utf8_lossy(path));
        assert!(pushed.said.contains("G010"), "{}: {pushed:#?}", String::from_utf8_lossy(path));
    }
}

#[test]
fn what_may_lie_nowhere_leaves_to_no_place() {
    for path in [".env", "deploy/.env.production", "server.pem", "id_rsa", "a/.aws/credentials", ".ENV"] {
        let world = World::new();
        let blob = world.lab.rev("HEAD:README.md");
        with_entry(&world, path.as_bytes(), "100644", &blob);
        world.is_blocked(&["public", "main"], "G011");
        let pushed = world.push(&["origin", "main"]);
        assert_eq!(pushed.code, Some(1), "{path}: {pushed:#?}");
        assert!(pushed.said.contains("G011") && world.there("origin").is_empty(), "{path}: {pushed:#?}");
    }
}

#[test]
fn links_and_submodules_that_lead_to_private_places_are_found() {
    for (name, target) in [
        ("plan", "private/plan.md"),
        ("docs/plan", "../private/plan.md"),
        ("docs/plan", "./../src/../Private/plan.md"),
        ("plans", "private"),
        ("plan", "/home/ada/lab/private/plan.md"),
        ("token", "../../.env"),
    ] {
        let link = World::new();
        let target = link.script("../target", target);
        let blob = link.lab.git(&["hash-object", "-w", target.to_str().unwrap()]);
        with_entry(&link, name.as_bytes(), "120000", blob.trim());
        link.is_blocked(&["public", "main"], "G012");
    }
    let module = World::new();
    module.lab.write(".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = git@corp.example:secret/m.git\n");
    module.lab.git(&["add", ".gitmodules"]);
    let head = module.lab.rev("HEAD");
    with_entry(&module, b"m", "160000", &head);
    module.is_blocked(&["public", "main"], "G013");
    let hidden = World::new();
    let head = hidden.lab.rev("HEAD");
    with_entry(&hidden, b"private/module", "160000", &head);
    hidden.is_blocked(&["public", "main"], "G01");
}

#[test]
fn what_was_private_stays_so_where_it_is_moved_copied_or_quoted() {
    let plan: String =
        (0..30).map(|line| format!("step {line}: raise the price of item {}\n", line * 7)).collect();
    for (name, content, rule) in [
        ("docs/plan.md", plan.clone(), "G030"),
        ("docs/quoted.md", plan.lines().skip(5).take(15).map(|line| format!("{line}\n")).collect(), "G031"),
    ] {
        let world = World::new();
        world.passes(&["public", "main"]);
        world.lab.write("private/plan.md", &plan);
        world.lab.commit("plan");
        world.passes(&["origin", "main"]);
        world.lab.git(&["switch", "-q", "-c", "topic", "HEAD~1"]);
        world.lab.write(name, content);
        world.lab.commit("documents");
        world.is_blocked(&["public", "topic"], rule);
    }
    let moved = World::new();
    moved.lab.write("private/tool.py", "def tool():\n    return 42\n");
    moved.lab.commit("tool");
    moved.lab.git(&["mv", "private/tool.py", "src/tool.py"]);
    moved.lab.git(&["commit", "-q", "-m", "move"]);
    moved.is_blocked(&["public", "main"], "G010");
}

#[test]
fn a_pointer_to_a_private_object_of_lfs_does_not_leave_and_nothing_was_uploaded() {
    let world = World::unguarded();
    world.script(".git/hooks/pre-push", "#!/bin/sh\ntouch ../uploaded\n");
    world.lab.gx(&["guard", "install"]).exits(0);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    );
    world.lab.write("private/data.bin", &pointer);
    world.lab.commit("data");
    world.lab.git(&["switch", "-q", "-c", "topic", "HEAD~1"]);
    world
        .lab
        .write("data/public.bin", pointer.replace("size 12345", "size 12345\n").trim_end().to_owned() + "\n");
    world.lab.commit("data");
    world.is_blocked(&["public", "topic"], "G03");
    assert!(!world.has("../uploaded"), "the hook of LFS has run");
}
