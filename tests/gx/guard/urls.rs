//! Where a push goes decides, and not what the remote is called.

use crate::guard::world::World;

/// Runs the other side here, whatever host was named.
const SSH: &str = "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c \"$1\"\n";

#[test]
fn a_private_address_is_private_in_every_spelling_and_by_every_name() {
    let world = World::with_secret();
    let private = world.place("origin");
    let private = private.to_str().unwrap();
    world.lab.git(&["remote", "add", "public2", private]);
    for (number, place) in [
        private.to_owned(),
        format!("{private}/"),
        format!("file://{private}"),
        "../origin.git".to_owned(),
        "public2".to_owned(),
        private.trim_end_matches(".git").to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        world.passes(&[&place, &format!("HEAD:refs/heads/b{number}")]);
    }
}

#[test]
fn a_public_address_is_public_in_every_spelling_and_by_every_name() {
    let world = World::with_secret();
    let public = world.place("public");
    let public = public.to_str().unwrap();
    world.lab.git(&["remote", "rename", "origin", "old"]);
    world.lab.git(&["remote", "rename", "public", "origin"]);
    for place in [
        public.to_owned(),
        format!("{public}/"),
        format!("file://{public}"),
        "../public.git".into(),
        "origin".into(),
    ] {
        world.is_blocked(&[&place, "main"], "G010");
    }
    // A link that is called as the private place is, and leads to the public one; and one to the private one.
    for (name, target) in [("../origin-link.git", "public"), ("../public-link.git", "origin")] {
        std::os::unix::fs::symlink(world.place(target), world.lab.path(name)).unwrap();
    }
    world.is_blocked(&["../origin-link.git", "main"], "G010");
    world.passes(&["../public-link.git", "main:refs/heads/linked"]);
    world.lab.git(&["config", "remote.origin.pushurl", world.place("origin").to_str().unwrap()]);
    world.passes(&["origin", "main"]);
}

#[test]
fn of_two_addresses_each_is_asked_about() {
    let world = World::with_secret();
    let (public, private) = (world.place("public"), world.place("origin"));
    for place in [&private, &public] {
        world.lab.git(&["config", "--add", "remote.origin.pushurl", place.to_str().unwrap()]);
    }
    let pushed = world.push(&["origin", "main"]);
    assert_ne!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("G010"), "{pushed:#?}");
    assert!(world.there("public").is_empty());
    world.lab.git(&["config", "--unset-all", "remote.origin.pushurl"]);
    for place in [&public, &private] {
        world.lab.git(&["config", "--add", "remote.origin.pushurl", place.to_str().unwrap()]);
    }
    let pushed = world.push(&["origin", "main"]);
    assert_ne!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("G010") && world.there("public").is_empty(), "{pushed:#?}");
}

#[test]
fn an_address_is_taken_as_git_rewrites_it() {
    let world = World::with_secret();
    let (public, private) = (world.place("public"), world.place("origin"));
    world.lab.git(&["config", &format!("url.{}.insteadOf", public.to_str().unwrap()), "up:"]);
    world.lab.git(&["config", &format!("url.{}.pushInsteadOf", private.to_str().unwrap()), "mine:"]);
    world.is_blocked(&["up:", "main"], "G010");
    world.passes(&["mine:", "main"]);
    // What is called private but leads elsewhere is not.
    let aimed = format!("url.{}.insteadOf", public.to_str().unwrap());
    world.lab.git(&["config", "--add", &aimed, world.lab.git(&["config", "remote.origin.url"]).trim()]);
    world.lab.write("private/more.md", "more\n");
    world.lab.commit("more");
    world.is_blocked(&["origin", "main"], "G010");
}

#[test]
fn an_address_of_ssh_is_one_whatever_the_form() {
    let world = World::with_secret();
    let ssh = world.script("../ssh", SSH);
    let (public, private) = (world.place("public"), world.place("origin"));
    let push = |place: &str, target: &str| {
        let mut command = world.lab.command("git");
        command.env("GIT_SSH_COMMAND", &ssh).env("GIT_SSH_VARIANT", "simple");
        crate::guard::world::told(command.args(["push", "-q", place, target]).output().unwrap())
    };
    let declared = format!("ssh://git@git.example{}", private.display());
    world.lab.git(&["config", "--add", "gx.remote.mine.privateUrl", &declared]);
    for (number, place) in [
        declared.clone(),
        format!("ssh://git.example{}", private.display()),
        format!("ssh://GIT.Example/{}/", private.display().to_string().trim_start_matches('/')),
        format!("git@git.example:{}", private.display()),
    ]
    .into_iter()
    .enumerate()
    {
        let pushed = push(&place, &format!("HEAD:refs/heads/s{number}"));
        assert_eq!((pushed.code, pushed.said.as_str()), (Some(0), ""), "{place}");
    }
    for place in [
        format!("ssh://git@git.example{}", public.display()),
        format!("git@git.example:{}", public.display()),
        format!("ssh://git@other.example{}", private.display()),
    ] {
        let pushed = push(&place, "HEAD:refs/heads/main");
        assert_eq!(pushed.code, Some(1), "{place}: {pushed:#?}");
        assert!(pushed.said.contains("G010"), "{place}: {pushed:#?}");
    }
    assert!(world.there("public").is_empty());
}

#[test]
fn an_address_that_is_spelled_private_is_public_until_somebody_declares_it() {
    let world = World::with_secret();
    // A host that ssh knows as `private`, a helper of that name, a scheme, a folder, a user.
    let spelled =
        ["private:x", "private:private/x.git", "private::x", "private://x", "private@git.example:x"];
    world.lab.git(&["config", "gx.private.remote", "origin"]);
    for place in spelled {
        let told = world.lab.gx(&["guard", "check", "--json", place, "main"]).exits(3).json();
        assert_eq!(told["places"][0]["is_private"], false, "{place}: {told:#}");
        assert_eq!(told["findings"][0]["rule"], "G010", "{place}: {told:#}");
    }
    // A remote that is called so is as private as its address.
    world.lab.git(&["remote", "add", "private", "private:x"]);
    world.lab.gx(&["guard", "check", "private", "main"]).exits(3);
    world.lab.git(&["config", "gx.remote.private.privateUrl", "private:x"]);
    for (place, exit) in
        [("private", 0), ("private:x", 0), ("ssh://private/x", 0), ("private:y", 3), ("private::x", 3)]
    {
        world.lab.gx(&["guard", "check", place, "main"]).exits(exit);
    }
}

#[test]
fn nothing_that_is_pushed_declares_its_own_place_private() {
    let world = World::with_secret();
    let public = world.place("public");
    let text = format!("[gx \"remote.public\"]\nprivateUrl = {}\n", public.display());
    world.lab.write(".gx/policy.toml", "[paths]\nexcept = [\"private/\", \".gx/\"]\n");
    world.lab.write("gx.toml", "");
    world.lab.write(".gitconfig", &text);
    world.lab.commit("it is fine");
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn of_two_addresses_a_check_looks_at_each_by_itself() {
    let world = World::with_secret();
    let other = world.lab.path("../other.git");
    world.lab.git(&["init", "-q", "--bare", other.to_str().unwrap()]);
    let urls = [world.place("public"), other.canonicalize().unwrap()];
    for url in &urls {
        world.lab.git(&["remote", "set-url", "--add", "--push", "public", url.to_str().unwrap()]);
    }
    // One of them has it, and the refs of the remote say so of both.
    world.lab.git(&["push", "-q", "--no-verify", urls[0].to_str().unwrap(), "main"]);
    world.lab.git(&["update-ref", "refs/remotes/public/main", "main"]);
    world.lab.gx(&["guard", "check", "public", "main"]).exits(3);
}
