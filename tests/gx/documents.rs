//! What is written down and what is true: the README, the man pages, the completions.

pub mod answers;
mod form;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Lab;

/// The top of the package.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A command of a console block, and what the block shows below it.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    shown: String,
}

/// The steps of all console blocks: `$ ` begins a command, `> ` carries it on.
fn steps(markdown: &str) -> Vec<Step> {
    let (mut steps, mut inside) = (Vec::<Step>::new(), false);
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match (line.strip_prefix("$ "), line.strip_prefix("> "), steps.last_mut()) {
                (Some(command), _, _) => {
                    steps.push(Step { command: command.to_owned(), shown: String::new() });
                }
                (None, Some(more), Some(step)) if step.shown.is_empty() => {
                    step.command.push('\n');
                    step.command.push_str(more);
                }
                (None, _, Some(step)) => {
                    step.shown.push_str(line);
                    step.shown.push('\n');
                }
                (None, _, None) => panic!("output before the first command: {line}"),
            }
        }
    }
    steps
}

/// What a step says: its output, then its exit code where that is not 0.
fn play(lab: &Lab, bin: &Path, command: &str) -> String {
    let mut shell = lab.command("sh");
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", bin.display())).args(["-c", command]);
    let output = shell.output().unwrap();
    let exit = output.status.code().filter(|code| *code != 0).map(|code| format!("[exit {code}]\n"));
    String::from_utf8(output.stdout).unwrap() + &exit.unwrap_or_default()
}

/// Ids, times and people become placeholders, runs of blanks one blank: the rest must be as it is shown.
fn redacted(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" "));
    // One word for an amount of time and its unit.
    lines.map(|line| line.replace("<number> s", "<seconds>") + "\n").collect()
}

fn word(word: &str) -> String {
    let core = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_id = core.len() >= 7 && core.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_range = core.split_once("..").is_some_and(|(a, b)| a.len() == 7 && b.len() == 7);
    let is_date = core.len() >= 10 && core.starts_with("20") && core.as_bytes()[4] == b'-';
    let is_clock = core.len() == 5 && core.as_bytes()[2] == b':';
    let is_short_decimal = core.split_once('.').is_some_and(|(whole, part)| {
        part.len() == 1 && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
    });
    let stand_in = match () {
        () if is_id || is_range => "<id>",
        () if is_date => "<date>",
        () if is_clock => "<clock>",
        () if word.contains('@') => "<who>",
        () if is_short_decimal => "<number>",
        () => return word.to_owned(),
    };
    word.replace(core, stand_in)
}

/// A folder whose `gx` is the built program.
fn bin() -> tempfile::TempDir {
    let bin = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gx"), bin.path().join("gx")).unwrap();
    bin
}

#[test]
fn every_console_block_of_the_readme_is_true() {
    is_true("README.md");
}

#[test]
fn every_console_block_about_agents_is_true() {
    is_true("docs/agents.md");
}

#[track_caller]
fn is_true(name: &str) {
    let (lab, bin) = (Lab::bare_folder().with_configured_cards(), bin());
    let steps = steps(&document(name));
    assert!(steps.len() > 15, "{name} has lost its tour: {steps:?}");
    let folder = lab.dir().parent().unwrap().canonicalize().unwrap().display().to_string();
    let mut wrong = String::new();
    for step in steps {
        let told = play(&lab, bin.path(), &step.command).replace(&folder, "/home/you");
        if redacted(&told) != redacted(&step.shown) {
            wrong += &format!("$ {}\n--- shown\n{}--- true\n{told}\n", step.command, step.shown);
        }
    }
    assert!(wrong.is_empty(), "{name} says what is not so:\n{wrong}");
}

#[test]
fn a_console_block_that_lies_is_noticed() {
    assert_ne!(redacted("exp-2  keep"), redacted("exp-2  discard"));
    assert_ne!(redacted("val_bpb 1.040000"), redacted("val_bpb 1.010000"));
    assert_eq!(redacted("on 373c588 (exp-2)"), redacted("on 0123abc (exp-2)"));
    assert_eq!(redacted("took  0.4 s, me@there"), redacted("took 0.3 s, 0@vm"));
    let found = steps("```console\n$ a <<X\n> b\n> X\nout\n$ c\n```\n$ no\n```sh\n$ no\n```\n");
    let step = |command: &str, shown: &str| Step { command: command.to_owned(), shown: shown.to_owned() };
    assert_eq!(found, [step("a <<X\nb\nX", "out\n"), step("c", "")]);
}

#[test]
fn the_readme_names_every_exit_code_of_the_table() {
    let table = document("docs/exit-codes.md");
    let codes =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse::<u8>().ok());
    let codes: Vec<u8> = codes.collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 15, 20, 24, 130]);
    let head: String = codes.iter().map(|code| format!("| {code} ")).collect();
    assert!(document("README.md").contains(&head), "{head}");
    let source = document("src/error.rs");
    let in_source: Vec<u8> = source
        .lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = ")?.1.parse().ok())
        .collect();
    assert_eq!(in_source, codes, "src/error.rs and docs/exit-codes.md differ");
}

fn pages(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn the_man_pages_are_those_of_this_program() {
    let lab = Lab::bare_folder();
    lab.gx(&["man", "pages"]).exits(0);
    let (made, kept) = (pages(&lab.path("pages")), pages(&root().join("man")));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>(), "run: cargo run -- man man");
    for (name, page) in &made {
        assert!(kept[name] == *page, "man/{name} is out of date; run: cargo run -- man man");
    }
    assert!(!made.keys().any(|name| name.contains("gx-man")), "the hidden command has a page");
    assert!(!made["gx.1"].contains("gx\\-man"), "the hidden command is listed");
}

#[test]
fn completions_are_scripts_that_the_shell_accepts() {
    let lab = Lab::bare_folder();
    let script = lab.gx(&["completions", "bash"]).exits(0).stdout;
    assert!(script.contains("_gx()") && script.contains("restore"), "{script}");
    lab.write("gx.bash", script);
    if let Ok(checked) = Command::new("bash").arg("-n").arg(lab.path("gx.bash")).status() {
        assert!(checked.success());
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        lab.gx(&["completions", shell]).exits(0);
    }
}
