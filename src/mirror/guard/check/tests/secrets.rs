//! Secrets in all that a push takes along, and what nobody can look into.

use std::fs;
use std::io::Write;

use super::world::*;
use super::*;
use crate::mirror::guard::secrets::scanner::tests::dice::Dice;

/// A token that is made here; the same seed makes the same.
pub(super) fn token(seed: u64) -> String {
    Dice::new(seed).fill("[[ghp_{alnum:36}]]").secret
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, ::zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Rule, path and line of each finding.
fn places(report: &Report) -> Vec<(&'static str, String, usize)> {
    let place = |finding: &Finding| {
        let path = finding.spot.path.as_ref().map(ToString::to_string).unwrap_or_default();
        (finding.rule, path, finding.spot.line.unwrap_or_default())
    };
    report.findings.iter().map(place).collect()
}

/// No word of a report shows more of a secret than its first letters.
fn is_silent_about(report: &Report, secret: &str) -> bool {
    report.findings.iter().all(|finding| {
        let shown = Finding { key: Vec::new(), ..finding.clone() };
        !format!("{shown:?}").contains(&secret[8..])
    })
}

#[test]
fn a_secret_in_a_file_stops_a_public_push_and_is_told_without_being_shown() {
    let world = World::new();
    let secret = token(1);
    let bad = world.commit(&[("src/a.py", &format!("import os\nx = '{secret}'\n"))]);
    let report = world.push();
    assert_eq!(places(&report), [("G032", "src/a.py".to_owned(), 2)]);
    let found = &report.findings[0];
    assert_eq!((found.severity, found.spot.commit), (Severity::Blocked, Some(bad)));
    assert_eq!(found.excerpt.as_deref(), Some("ghp_… (40 bytes)"));
    assert!(is_silent_about(&report, &secret));
    assert!(found.remedies.iter().any(|remedy| remedy.contains("gx guard allow")));
    assert!(found.remedies.iter().any(|remedy| remedy.contains("git rm --cached -- 'src/a.py'")));
    // A private place may have it; it is told.
    let report = world.push_to(PRIVATE, "main", "refs/heads/main");
    assert_eq!((rules(&report), report.exit()), (vec!["G032"], Exit::Done));
    // Taking it out does not take it out of what leaves.
    world.commit(&[("src/a.py", "import os\n")]);
    assert_eq!(rules(&world.push()), ["G032"]);
}

#[test]
fn a_comment_that_allows_a_line_lets_nothing_pass() {
    let world = World::new();
    let secret = token(2);
    world.commit(&[("a.py", &format!("x = '{secret}'  # gitleaks:allow\n"))]);
    let report = world.push();
    assert_eq!((rules(&report), report.exit()), (vec!["G032"], Exit::Blocked));
    assert!(report.findings[0].what.contains("gitleaks:allow"), "{report:#?}");
    assert_eq!(world.push_to(PRIVATE, "main", "refs/heads/main").exit(), Exit::Done);
}

#[test]
fn a_secret_is_found_in_messages_tags_signatures_identities_and_names() {
    let world = World::new();
    let secrets: Vec<String> = (10..16).map(token).collect();
    let [message, author, tag, branch, name, merged] = &secrets[..] else { unreachable!() };
    world.git(&["commit", "-q", "--allow-empty", "-m", &format!("use {message} now")]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "x", "--author", &format!("Ada <{author}>")]);
    world.commit(&[(&format!("data/{name}/part.txt"), "x\n")]);
    // What a merge of a signed tag keeps of the tag, and no log shows.
    let raw = world.git(&["cat-file", "commit", "HEAD"]);
    let (headers, rest) = raw.split_once("\n\n").unwrap();
    let kept = format!("mergetag object {}\n type commit\n tag s1\n \n says {merged}", world.rev("HEAD~1"));
    let raw = format!("{headers}\n{kept}\n\n{rest}\n");
    let merge = world.git_with(&["hash-object", "-t", "commit", "-w", "--stdin"], raw.as_bytes());
    world.git(&["update-ref", "refs/heads/main", &merge]);
    let report = world.push();
    assert_eq!(rules(&report).iter().filter(|rule| **rule == "G023").count(), 3, "{report:#?}");
    assert_eq!(rules(&report).iter().filter(|rule| **rule == "G025").count(), 1, "{report:#?}");
    world.git(&["tag", "-a", "v1", "-m", &format!("token {tag}"), "main"]);
    assert_eq!(rules(&world.push_to(PUBLIC, "v1", "refs/tags/v1")).len(), 5);
    let report = world.push_to(PUBLIC, "main~2", &format!("refs/heads/fix-{branch}"));
    assert!(rules(&report).contains(&"G024"), "{report:#?}");
    assert!(secrets.iter().all(|secret| is_silent_about(&report, secret)), "{report:#?}");
    assert!(is_silent_about(&world.push(), name));
}

#[test]
fn archives_are_looked_into_and_names_in_them_are_private_too() {
    let world = World::new();
    let secret = token(3);
    let inner = zipped(&[("deep.txt", format!("\n\n{secret}\n").as_bytes())]);
    world.write("data.bag", zipped(&[("in/ner.zip", &inner), (".ssh/id_rsa", b"x"), ("private/plan", b"x")]));
    world.commit(&[]);
    assert_eq!(
        places(&world.push()),
        [
            ("G011", "data.bag!.ssh/id_rsa".to_owned(), 0),
            ("G032", "data.bag!in/ner.zip!deep.txt".to_owned(), 3),
            ("G010", "data.bag!private/plan".to_owned(), 0),
        ]
    );
}

#[test]
fn what_nobody_can_look_into_goes_as_the_policy_says() {
    let world = World::new();
    let mut broken = zipped(&[("a.txt", b"some text that is long enough to be packed")]);
    broken.truncate(broken.len() - 30);
    world.write("broken.zip", &broken);
    world.write("packed.7z", b"7z\xbc\xaf\x27\x1c rest");
    let zeros = vec![0; 9 << 20];
    world.write("bomb.zip", zipped(&[("zeros", &zeros)]));
    world.commit(&[]);
    let report = world.push();
    assert_eq!(rules(&report), ["G033"; 3], "{report:#?}");
    assert_eq!(report.exit(), Exit::Done);
    let told: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(told.iter().any(|what| what.contains("7z is not unpacked here")), "{told:?}");
    for (policy, exit, count) in [("block", Exit::Blocked, 3), ("pass", Exit::Done, 0)] {
        fs::create_dir_all(world.dir().join(".git/gx")).unwrap();
        fs::write(world.dir().join(".git/gx/policy.toml"), format!("[content]\nopaque = \"{policy}\"\n"))
            .unwrap();
        let report = world.push();
        assert_eq!((report.exit(), report.findings.len()), (exit, count), "{report:#?}");
    }
}

#[test]
fn own_rules_find_what_no_other_knows_and_a_mistake_in_them_stops_everything() {
    let world = World::new();
    world.commit(&[("a.txt", "x = lab_abcdefgqz\n")]);
    assert_eq!(rules(&world.push()), [""; 0]);
    let rule = "[[rules]]\nid = \"lab\"\nregex = '''lab_([a-z]{9})'''\nkeywords = [\"lab_\"]\n";
    fs::create_dir_all(world.dir().join(".git/gx")).unwrap();
    fs::write(world.dir().join(".git/gx/rules.toml"), rule).unwrap();
    assert_eq!(places(&world.push()), [("G032", "a.txt".to_owned(), 1)]);
    fs::write(world.dir().join(".git/gx/rules.toml"), rule.replace("lab_(", "((")).unwrap();
    assert_eq!(world.exit(world.rev("main")), Exit::Usage);
}

#[test]
fn a_copy_where_nobody_looks_does_not_hide_a_secret_elsewhere() {
    let world = World::new();
    let text = format!("x = '{}'\n", token(4));
    world.commit(&[("a/go.sum", &text)]);
    assert_eq!(rules(&world.push()), [""; 0]);
    world.commit(&[("b.js", &text)]);
    assert_eq!(places(&world.push()), [("G032", "b.js".to_owned(), 1)]);
}
