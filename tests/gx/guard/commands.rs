//! The commands around the guard: check, scan, ci, pre-receive, rules, allow, and what the doctor says.

use std::fs;

use serde_json::Value;

use crate::guard::world::{World, told};

#[track_caller]
fn rules_of(answer: &Value) -> Vec<&str> {
    answer["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_check_says_what_the_push_would_say_and_touches_nothing() {
    let world = World::with_secret();
    world.experiment();
    world.lab.git(&["branch", "clean", "HEAD~1"]);
    world.lab.git(&["tag", "-a", "v1", "-m", "one"]);
    let unknown = format!("{}:refs/heads/x", "1".repeat(world.lab.rev("HEAD").len()));
    for (words, code) in [
        (&["public", "main"][..], 3),
        (&["public", "clean"], 0),
        (&["public", "clean:main"], 0),
        (&["public", "HEAD~1:refs/heads/x"], 0),
        (&["public", "refs/experiments/exp-1"], 3),
        (&["public", "--all"], 3),
        (&["public", "--tags"], 3),
        (&["public", "--mirror"], 3),
        (&["--follow-tags", "public", "clean"], 0),
        (&["--follow-tags", "public", "main"], 3),
        (&["origin", "main"], 0),
        (&["origin", "--mirror"], 0),
        (&["public"], 3),
        (&["../public.git", "main"], 3),
        (&["../origin.git", "main"], 0),
        (&["public", "nonesuch"], 1),
        (&["typo", "main"], 1),
        (&["typo", "clean"], 1),
        (&["public", &unknown], 6),
    ] {
        let told = world.lab.gx(&[&["guard", "check"], words].concat());
        assert_eq!(told.code, Some(code), "{words:?}: {told:#?}");
    }
    assert!(world.there("public").is_empty() && world.there("origin").is_empty());
    assert_eq!(fs::read_dir(world.lab.path(".git/gx/tmp")).unwrap().count(), 0);
}

#[test]
fn a_finding_is_told_with_its_rule_place_and_remedy_at_80_and_120_columns() {
    let world = World::with_secret();
    for columns in ["80", "120"] {
        let output = world
            .lab
            .gx_command()
            .env("COLUMNS", columns)
            .args(["guard", "check", "public", "main"])
            .output();
        let told = told(output.unwrap());
        assert_eq!(told.code, Some(3));
        let commit = &world.lab.rev("HEAD")[..7];
        for word in [
            "G010 private-path",
            "private/plan.md",
            commit,
            "refs/heads/main",
            "gx guard allow",
            "blocked to public",
        ] {
            assert!(told.said.contains(word), "{word}: {told:#?}");
        }
        let wide = told.said.lines().filter(|line| line.chars().count() > columns.parse().unwrap());
        let free = wide.filter(|line| {
            !line.starts_with("        ") && !line.contains("../public.git") && !line.contains('/')
        });
        assert_eq!(free.collect::<Vec<_>>(), Vec::<&str>::new());
    }
    let json = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
    let finding = &json["findings"][0];
    assert_eq!((&json["verdict"], &finding["severity"]), (&"blocked".into(), &"blocked".into()), "{json:#}");
    assert_eq!(json["places"][0]["is_private"], false);
    assert!(
        !finding["fingerprint"].as_str().unwrap().is_empty()
            && !finding["remedies"][0].as_str().unwrap().is_empty()
    );
}

#[test]
fn odd_names_are_quoted_as_git_quotes_them() {
    let world = World::new();
    world.lab.write("private/a\n\"b\u{e9}", "x\n");
    world.lab.commit("odd");
    let json = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
    let quoted = world.lab.git(&["ls-files", "private"]);
    assert!(json["findings"].as_array().unwrap().iter().any(|one| one["path"] == quoted.trim()), "{json:#}");
}

#[test]
fn findings_become_sarif() {
    let world = World::with_secret();
    let log = world.lab.gx(&["guard", "check", "public", "main", "--sarif", "-"]).exits(3).json();
    assert_eq!(log["version"], "2.1.0");
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"G010".into(), &"error".into()), "{log:#}");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "private/plan.md");
    assert!(result["message"]["text"].is_string() && log["runs"][0]["tool"]["driver"]["name"].is_string());
    world.lab.gx(&["guard", "check", "public", "main", "--sarif", "../out.sarif"]).exits(3);
    assert_eq!(serde_json::from_str::<Value>(&world.lab.read("../out.sarif")).unwrap(), log);
}

#[test]
fn a_scan_looks_at_what_could_leave_and_at_what_has_left() {
    let world = World::new();
    world.lab.gx(&["guard", "scan"]).exits(0);
    world.add_secret();
    let json = world.lab.gx(&["guard", "scan", "--json"]).exits(3).json();
    assert!(rules_of(&json).contains(&"G010"), "{json:#}");
    world.lab.gx(&["guard", "scan", "HEAD~1"]).exits(0);
    world.lab.gx(&["guard", "scan", "HEAD"]).exits(3);
    // The text of an annotated tag is its own.
    world.lab.write(
        "../key",
        [
            "-----BEGIN RSA ",
            "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA",
            &"x7Gq2Lm9".repeat(20),
            "\n-----END RSA PRIVATE KEY-----\n",
        ]
        .concat(),
    );
    world.lab.git(&["tag", "-a", "told", "-F", "../key", "HEAD~1"]);
    let json = world.lab.gx(&["guard", "scan", "told", "--json"]).exits(3).json();
    assert_eq!(
        (rules_of(&json), &json["findings"][0]["target"]),
        (vec!["G023"], &"refs/tags/told".into()),
        "{json:#}"
    );
    world.lab.gx(&["guard", "scan", "nonesuch"]).exits(2);
    world.lab.gx(&["guard", "scan", "--published"]).exits(0);
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    world.lab.gx(&["guard", "scan", "--published"]).exits(3);
}

#[test]
fn files_on_the_disk_are_looked_at_whether_git_knows_them_or_not() {
    let world = World::unguarded();
    world.lab.write(".gitignore", "*.pem\n.env\n");
    world.lab.write("keys/server.pem", "x\n");
    world.lab.write(".env", "x\n");
    let told = world.lab.gx(&["guard", "scan", "--files", ".", "--json"]).exits(3).json();
    let paths: Vec<&str> =
        told["findings"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".env", "keys/server.pem"]);
    world.lab.gx(&["guard", "scan", "--files", "src", "README.md"]).exits(0);
    world.lab.gx(&["guard", "scan", "--files", "nowhere"]).exits(2);
}

#[test]
fn ci_looks_at_what_is_above_the_base_and_annotates() {
    let world = World::new();
    world.lab.gx(&["guard", "ci"]).exits(0);
    world.add_secret();
    world.lab.git(&["branch", "base"]);
    world.lab.write("README.md", "harmless\n");
    world.lab.commit("harmless");
    // What the base has is out already.
    world.lab.gx(&["guard", "ci", "--base", "base"]).exits(0);
    world.lab.gx(&["guard", "ci", "--base", "base~1"]).exits(3);
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone"]);
    world.lab.gx(&["guard", "ci", "--base", "HEAD~1"]).exits(0);
    world.lab.gx(&["guard", "ci", "--base", "nonesuch"]).exits(6);
    let mut command = world.lab.gx_command();
    command.env("GITHUB_ACTIONS", "true").args(["guard", "ci", "--sarif", "../ci.sarif"]);
    let told = told(command.output().unwrap());
    assert_eq!(told.code, Some(3), "{told:#?}");
    assert!(told.said.contains("::error title=G010 private-path,file=private/plan.md"), "{told:#?}");
    assert!(world.has("../ci.sarif"));
}

#[test]
fn a_server_looks_at_what_arrives_before_it_is_accepted() {
    let world = World::unguarded();
    let hook = format!("#!/bin/sh\nexec '{}' guard pre-receive\n", env!("CARGO_BIN_EXE_gx"));
    world.script("../public.git/hooks/pre-receive", &hook);
    world.passes(&["public", "main"]);
    world.add_secret();
    let pushed = world.push(&["public", "main:refs/heads/x"]);
    assert_eq!(pushed.code, Some(1), "{pushed:#?}");
    assert!(pushed.said.contains("G010") && pushed.said.contains("private/plan.md"), "{pushed:#?}");
    assert_eq!(world.there("public"), ["refs/heads/main"]);
    let public = world.place("public");
    world.lab.git(&[
        "--git-dir",
        public.to_str().unwrap(),
        "config",
        "gx.remote.here.privateUrl",
        public.to_str().unwrap(),
    ]);
    world.passes(&["public", "main:refs/heads/x"]);
}

#[test]
fn rules_are_listed_and_each_has_its_page() {
    let world = World::unguarded();
    let list = world.lab.gx(&["guard", "rules", "--json"]).exits(0).json();
    let ids: Vec<&str> =
        list["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"G001") && ids.contains(&"G010"), "{ids:?}");
    for id in ids.iter().filter(|id| id.len() == 4 && id.starts_with('G')) {
        let page = world.lab.gx(&["guard", "rules", id]).exits(0).stdout;
        assert!(page.starts_with(&format!("# {id} ")), "{page}");
    }
    world.lab.gx(&["guard", "rules", "private-path"]).exits(0);
    world.lab.gx(&["guard", "rules", "G999"]).exits(2);
}

#[test]
fn what_somebody_has_looked_at_passes_until_its_day() {
    let world = World::with_secret();
    let findings = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
    for finding in findings["findings"].as_array().unwrap() {
        let print = finding["fingerprint"].as_str().unwrap();
        world
            .lab
            .gx(&["guard", "allow", print, "--reason", "a plan for all", "--until", "2026-12-31"])
            .exits(0);
    }
    assert!(world.lab.read(".git/gx/policy.toml").contains("a plan for all"));
    assert!(!world.has(".gx/policy.toml"));
    world.passes(&["public", "main"]);
    let world = world.lab.with("GX_NOW", "2027-01-01T12:00:00Z");
    world.gx(&["guard", "check", "public", "main:refs/heads/later"]).exits(3);
    for words in [
        &["nonsense", "--reason", "x"][..],
        &["00112233", "--reason", " "],
        &["00112233", "--reason", "x", "--until", "soon"],
    ] {
        world.gx(&[&["guard", "allow"], words].concat()).exits(2);
    }
}

#[test]
fn with_a_private_remote_an_exception_counts_once_it_is_on_the_private_branch() {
    let world = World::with_secret();
    world.lab.git(&["config", "gx.private.remote", "origin"]);
    world.lab.git(&["push", "-q", "origin", "main"]);
    let findings = world.lab.gx(&["guard", "check", "public", "main", "--json"]).exits(3).json();
    let print = findings["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    world.lab.write(".gx/policy.toml", "# ours\n");
    world.lab.gx(&["guard", "allow", &print, "--reason", "fine"]).exits(0);
    assert!(world.lab.read(".gx/policy.toml").starts_with("# ours\n\n[[allow]]\n"));
    world.lab.gx(&["guard", "check", "public", "main"]).exits(3);
    world.lab.commit("guard: allow");
    world.is_blocked(&["public", "HEAD~1:refs/heads/main"], "G010");
    world.lab.git(&["push", "-q", "origin", "main"]);
    world.passes(&["public", "HEAD~1:refs/heads/main"]);
}

#[test]
fn the_doctor_says_what_could_get_out() {
    let world = World::new();
    let findings = |name: &str| -> Vec<String> {
        let told = world.lab.gx(&["doctor", "--json"]).json();
        let check =
            told["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap().clone();
        check["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["found"].as_str().unwrap().to_owned())
            .collect()
    };
    let none: Vec<String> = Vec::new();
    for name in ["guard", "secrets", "mirror", "workflows", "hooks"] {
        assert_eq!(findings(name), none, "{name}");
    }
    world.lab.write(".env", "TOKEN=x\n");
    assert_eq!(findings("secrets"), [".env is neither tracked nor ignored"]);
    world.lab.write(".gitignore", "*.log\n!.env\n");
    world.lab.commit("all of it");
    assert_eq!(findings("secrets"), [".env is tracked", ".gitignore has `!.env`"]);
    world.lab.git(&["config", "gx.private.remote", "origin"]);
    world.lab.git(&["config", "branch.main.remote", "public"]);
    world.lab.git(&["config", "gx.public.url", world.place("public").to_str().unwrap()]);
    let told: Vec<String> = findings("mirror");
    assert_eq!(told.len(), 3, "{told:?}");
    world.lab.git(&["config", "remote.pushDefault", "origin"]);
    world.lab.git(&["config", "remote.public.pushurl", "disabled"]);
    assert_eq!(findings("mirror"), none);
    world.lab.write(
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    runs-on: self-hosted\n    env: {A: '${{ secrets.KEY }}'}\n",
    );
    world.lab.commit("ci");
    world.lab.git(&["update-ref", "refs/remotes/public/main", "HEAD"]);
    let told: Vec<String> = findings("workflows");
    assert_eq!(told, ["public: .github/workflows/ci.yml names a runner that is self-hosted, the secret KEY"]);
    fs::remove_file(world.lab.path(".git/hooks/pre-push")).unwrap();
    assert_eq!(findings("guard").len(), 1, "{:?}", findings("guard"));
}
