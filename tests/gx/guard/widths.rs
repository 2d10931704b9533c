//! What the commands around the guard say fits the screen, and a command that is to be copied stays one.

use crate::guard::world::{World, told};

/// What a command says on a screen of so many columns, stderr too.
fn said(world: &World, columns: usize, words: &[&str]) -> String {
    let mut command = world.lab.gx_command();
    told(command.env("COLUMNS", columns.to_string()).args(words).output().unwrap()).said
}

/// A world with findings of many kinds, in what is out and in what would leave.
fn with_all_kinds() -> World {
    let world = World::unguarded();
    world.lab.write("server.pem", "x\n");
    world.lab.commit("an old key");
    world.lab.git(&["push", "-q", "public", "main"]);
    world.lab.gx(&["guard", "install"]).exits(0);
    world.add_secret();
    let token = ["ghp", "_", "x7Kq9LmZ2vTn4RbW8yCd", "3FgHjP5sQe6UaXoi"].concat();
    world.lab.write("deep/config.py", format!("TOKEN = \"{token}\"\n"));
    world.lab.write("data.7z", b"7z\xbc\xaf\x27\x1c\0\0");
    world.lab.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = https://git.example/x\n");
    world.lab.commit(&format!("use {token}, and a word"));
    world.experiment();
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    world.lab.write("private/more.md", "more\n");
    world.lab.commit("more");
    world
}

/// Every command around the guard, with a word of its answer. What is learned stops nothing any more.
fn calls(fingerprint: &str) -> [(Vec<&str>, &'static str); 17] {
    let experiment = "refs/experiments/exp-1:refs/heads/x";
    [
        (vec!["guard", "rules"], "G010"),
        (vec!["guard", "rules", "G010"], "private-path"),
        (vec!["guard", "check", "public", "main"], "blocked"),
        (vec!["guard", "check", "public", experiment], "G001"),
        (vec!["guard", "check", "--mirror", "public"], "G001"),
        (vec!["guard", "check", "origin", "main"], "private"),
        (vec!["guard", "scan"], "G032"),
        (vec!["guard", "scan", "--published"], "server.pem"),
        (vec!["guard", "scan", "--files", "."], "server.pem"),
        (vec!["guard", "audit"], "alarm"),
        (vec!["guard", "audit", "public"], "--acknowledge"),
        (vec!["guard", "allow", fingerprint, "--reason", "a test"], "allowed"),
        (vec!["guard", "learn", "public"], "taken down"),
        (vec!["guard", "install"], "fires"),
        (vec!["guard", "install", "--check"], "hears"),
        (vec!["doctor"], "warning"),
        (vec!["guard", "install", "--uninstall"], "pre-push"),
    ]
}

#[test]
fn no_line_of_the_guard_is_wider_than_the_screen() {
    for columns in [80, 120] {
        let world = with_all_kinds();
        let told = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
        let fingerprint = told["findings"][0]["fingerprint"].as_str().unwrap();
        for (words, word) in calls(fingerprint) {
            let said = said(&world, columns, &words);
            assert!(said.contains(word), "{words:?} at {columns}: {said}");
            let wide: Vec<&str> = said.lines().filter(|line| line.chars().count() > columns).collect();
            assert_eq!(wide, [""; 0], "{words:?} at {columns}");
        }
    }
}

#[test]
fn what_is_to_be_copied_is_one_command_for_a_shell_on_a_narrow_screen_too() {
    let world = World::with_secret();
    let json = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
    let remedies = json["findings"][0]["remedies"].as_array().unwrap();
    let said = said(&world, 80, &["guard", "check", "public", "main"]);
    let joined = said.replace(" \\\n        ", " ");
    let commands: Vec<&str> =
        remedies.iter().map(|one| one.as_str().unwrap()).filter(|one| one.starts_with("git ")).collect();
    assert!(commands.iter().any(|one| one.len() > 72), "{commands:#?}");
    for command in commands {
        let command = command.split("  # ").next().unwrap();
        assert!(joined.lines().any(|line| line.trim() == command), "{command}: {said}");
    }
}
