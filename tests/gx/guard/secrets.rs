//! Secrets, wherever in a push they lie.

use crate::guard::world::World;

/// Looks like a token of GitHub's, and is none; put together here so that no scanner stumbles over this file.
fn token() -> String {
    ["ghp", "_", "x7Kq9LmZ2vTn4RbW8yCd", "3FgHjP5sQe6UaXoi"].concat()
}

/// A world in which everything so far is public.
fn published() -> World {
    let world = World::new();
    world.passes(&["public", "main"]);
    world
}

#[test]
fn a_token_in_a_file_is_found_whatever_hides_it() {
    let token = token();
    let utf16: Vec<u8> = format!("token = {token}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big_endian: Vec<u8> = utf16.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    for (name, content) in [
        ("src/config.py", format!("TOKEN = \"{token}\"\n").into_bytes()),
        ("notes.txt", [b"\xff\xfe".as_slice(), &utf16].concat()),
        ("data.dat", [b"\x00\x01\x02\x00".as_slice(), format!("token = {token}\n").as_bytes()].concat()),
        ("big-endian.txt", [b"\xfe\xff".as_slice(), &big_endian].concat()),
        ("no-mark.txt", utf16.clone()),
        ("deep/er/x.yaml", format!("a: b\nc:\n  token: {token}\n").into_bytes()),
    ] {
        let world = published();
        world.lab.write(".gitattributes", "* -diff\n");
        world.lab.write(name, content);
        world.lab.commit("settings");
        let pushed = world.is_blocked(&["public", "main"], "G032");
        assert!(pushed.said.contains(name) && !pushed.said.contains(&token), "{pushed:#?}");
    }
}

#[test]
fn a_token_in_archives_is_found() {
    let world = published();
    world.lab.write("../packed/config.py", format!("TOKEN = \"{}\"\n", token()));
    let pack =
        "tar czf inner.tar.gz config.py && tar czf outer.tgz inner.tar.gz && cp outer.tgz ../lab/data.tgz";
    let packed = world.lab.command("sh").args(["-c", &format!("cd ../packed && {pack}")]).status().unwrap();
    assert!(packed.success());
    world.lab.commit("data");
    let pushed = world.is_blocked(&["public", "main"], "G032");
    assert!(pushed.said.contains("data.tgz") && pushed.said.contains("config.py"), "{pushed:#?}");
}

#[test]
fn a_token_that_was_added_and_taken_away_again_is_found() {
    let world = published();
    world.lab.write("src/config.py", format!("TOKEN = \"{}\"\n", token()));
    world.lab.commit("settings");
    world.lab.git(&["rm", "-q", "src/config.py"]);
    world.lab.git(&["commit", "-q", "-m", "no settings"]);
    world.is_blocked(&["public", "main"], "G032");
    world.is_blocked(&["public", "HEAD~1:refs/heads/x"], "G032");
}

#[test]
fn a_token_in_a_message_a_tag_a_name_or_an_identity_is_found() {
    let token = token();
    let message = published();
    message.lab.git(&["commit", "-q", "--allow-empty", "-m", &format!("use token = {token}")]);
    message.is_blocked(&["public", "main"], "G023");
    let tag = published();
    tag.lab.git(&["tag", "-a", "v1", "-m", &format!("use token = {token}")]);
    tag.is_blocked(&["public", "v1"], "G023");
    tag.is_blocked(&["--follow-tags", "public", "main", "v1"], "G023");
    let nested = published();
    nested.lab.git(&["tag", "-a", "inner", "-m", &format!("use token = {token}")]);
    nested.lab.git(&["tag", "-a", "outer", "inner", "-m", "fine"]);
    nested.is_blocked(&["public", "outer"], "G023");
    let author = published();
    author.lab.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
        "--author",
        &format!("{token} <a@b.example>"),
    ]);
    author.is_blocked(&["public", "main"], "G023");
    let branch = published();
    branch.is_blocked(&["public", &format!("main:refs/heads/{token}")], "G024");
    let file = published();
    file.lab.write(format!("out/{token}.txt"), "x\n");
    file.lab.commit("out");
    file.is_blocked(&["public", "main"], "G025");
}

#[test]
fn what_only_looks_like_a_secret_passes() {
    let world = published();
    world.lab.write(
        "README.md",
        "Set GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\npassword: ${PASSWORD}\n",
    );
    world.lab.write("lock.json", "{\"integrity\": \"sha512-3f1d9fae2d3a3a8f4f39d6e0a2c1\", \"rev\": \"0123456789abcdef0123456789abcdef01234567\"}\n");
    world.lab.commit("documents");
    world.passes(&["public", "main"]);
}

#[test]
fn at_a_private_place_a_secret_is_a_warning() {
    let world = World::new();
    world.lab.write("src/config.py", format!("TOKEN = \"{}\"\n", token()));
    world.lab.commit("settings");
    let pushed = world.push(&["-q", "origin", "main"]);
    assert_eq!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("warning G032") || pushed.said.contains("warning  G032"), "{pushed:#?}");
}

#[test]
fn a_repositorys_own_rules_are_used_wherever_the_guard_is_asked() {
    let world = World::new();
    let rules = "[[rules]]\nid = \"lab-badge\"\ndescription = \"A badge.\"\nregex = '''lab_[a-z]{9}'''\nkeywords = [\"lab_\"]\n";
    // They stand on the private branch, as it was last seen on the private remote.
    world.lab.git(&["checkout", "-q", "-b", "inner"]);
    world.lab.write(".gx/rules.toml", rules);
    world.lab.commit("rules");
    world.passes(&["origin", "inner:main"]);
    world.lab.git(&["checkout", "-q", "main"]);
    world.lab.git(&["config", "gx.private.remote", "origin"]);
    world.passes(&["public", "main"]);
    world.lab.write("badge.txt", "lab_abcdefghi\n");
    world.lab.commit("badge");
    world.is_blocked(&["public", "main"], "lab-badge");
    for words in [
        &["guard", "check", "public", "main"][..],
        &["guard", "scan", "main"],
        &["guard", "scan", "--files", "badge.txt"],
        &["guard", "ci", "--base", "HEAD~1"],
    ] {
        let told = world.lab.gx(words).exits(3);
        let said = format!("{}{}", told.stdout, told.stderr);
        assert!(said.contains("lab-badge"), "{words:?}: {said}");
    }
    let told = world.lab.gx(&["guard", "rules", "lab-badge"]).exits(0);
    assert!(told.stdout.contains("A badge."), "{}", told.stdout);
    // Where it arrives, they lie beside the configuration.
    let place = world.place("public");
    std::fs::create_dir_all(place.join("gx")).unwrap();
    std::fs::write(place.join("gx/rules.toml"), rules).unwrap();
    let hook = place.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, format!("#!/bin/sh\nexec '{}' guard pre-receive\n", env!("CARGO_BIN_EXE_gx")))
        .unwrap();
    crate::guard::world::make_executable(&hook);
    let pushed = world.push(&["--no-verify", "public", "main"]);
    assert_ne!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("lab-badge"), "{pushed:#?}");
}
