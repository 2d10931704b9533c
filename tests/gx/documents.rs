//! What is written down and what is true: the README, the man pages, the completions, the frozen store.

pub mod answers;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Lab, Told};

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

/// A clone of the repository that version 1 wrote; it has what a clone has, and nothing of `.git/gx`.
fn frozen() -> Lab {
    let lab = Lab::bare_folder();
    let bundle = root().join("fixtures/store/v1.bundle");
    lab.git(&["init", "-q", "--object-format=sha1", "-b", "nowhere"]);
    lab.git(&["fetch", "-q", bundle.to_str().unwrap(), "refs/*:refs/*"]);
    lab.git(&["checkout", "-q", "autoresearch/v1"]);
    lab
}

#[track_caller]
fn says(told: Told) -> String {
    let told = told.exits(0);
    assert_eq!(told.stderr, "");
    told.stdout.replace('\r', "␍")
}

#[test]
fn the_lists_of_version_1_can_be_read_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["ls"])), @r#"
    id        status      val_bpb      delta    GB   took  category        hypothesis
    exp-1     keep       1.000000             44.0  0.0 s                  baseline
    exp-2  *  keep       0.900000  -0.100000  44.0  0.0 s  optimizer       a smaller rate
    exp-3     near-miss  0.901000  +0.001000  44.0  0.0 s  hyperparams     a hair too much
    exp-4     discard    1.500000  +0.600000  44.0  0.0 s                  far too much
    exp-5     crash             –                   0.0 s                  does not start
    exp-6     timeout           –                   0.0 s                  never ends
    exp-7     keep       0.950000  +0.050000  44.0  0.0 s  simplification  simpler, a little worse
    "#);
    insta::assert_snapshot!(says(lab.gx(&["best"])), @r#"
    exp-2  val_bpb 0.900000  a smaller rate
    tag     v1: 7 experiments, better than the first by 0.100000 (+10.00 %)
    code    b02d11b   (gx diff exp-2, gx restore exp-2 --into DIR)
    "#);
    insta::assert_snapshot!(says(lab.gx(&["near"])), @r#"
    id      val_bpb     behind  category     hypothesis
    exp-3  0.901000  +0.001000  hyperparams  a hair too much
    "#);
    insta::assert_snapshot!(says(lab.gx(&["tags"])), @r#"
    tag  runs  keep  near  discard  failed  best      value  last
    v1      7     3     1        1       2  exp-2  0.900000  2026-03-08 12:01
    "#);
}

#[test]
fn an_experiment_of_version_1_can_be_read_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-3"])), @r#"
    exp-3  near-miss  a hair too much
    why     within 0.002 of exp-2
    value   val_bpb 0.901000  +0.001000 against the best before it
    tag     v1  hyperparams
    metrics val_bpb 0.901 · peak_vram_mb 45060.2 · num_steps 953
    command ./trainer
    code    snapshot 11570d8, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:00, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    "#);
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-5"])), @r#"
    exp-5  crash  does not start
    why     the command ended with exit code 3
    tag     v1
    command sh -c echo "Traceback: typo" >&2; exit 3
    code    snapshot dcdf3a5, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:01, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    log     the last lines:
        Traceback: typo
    "#);
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-6"])), @r#"
    exp-6  timeout  never ends
    why     killed at the time limit
    tag     v1
    command sleep 60
    code    snapshot e8123ca, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:01, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    "#);
    insta::assert_snapshot!(says(lab.gx(&["logs", "exp-2"])), @r#"
    step 1␍---
    val_bpb:          0.9
    peak_vram_mb:     45060.2
    num_steps:        953
    "#);
    insta::assert_snapshot!(says(lab.gx(&["diff", "exp-2", "--stat"])), @r#"
     train.py | 2 +-
     1 file changed, 1 insertion(+), 1 deletion(-)
    exp-2  keep  a smaller rate  1 file +1 −1
    "#);
    lab.fsck();
}

#[test]
fn the_store_of_version_1_can_be_written_on() {
    let lab = frozen();
    assert_eq!(lab.states().len(), 7);
    lab.gx(&["undo"]).exits(0);
    assert_eq!(lab.states().len(), 8);
    let next = lab.try_value("0.5").exits(0).json();
    assert_eq!(next["id"], "exp-9");
    lab.gx(&["note", "exp-1", "still here"]).exits(0);
    assert_eq!(lab.record("exp-1")["note"], "still here");
    lab.fsck();
}

#[test]
fn a_record_of_a_newer_version_is_read_and_never_added_to() {
    let lab = frozen();
    let newer = r#"{"at":"2026-03-09T00:00:00.000000Z","v":2,"shape":"unknown"}"#;
    lab.git(&["notes", "--ref=experiments", "append", "-m", newer, "refs/experiments/exp-1"]);
    let before = lab.rev("refs/notes/experiments");
    lab.gx(&["show", "exp-1"]).exits(0);
    let told = lab.gx(&["note", "exp-1", "too late"]).exits(1);
    assert!(told.stderr.starts_with("error: the record is of version 2"), "{}", told.stderr);
    assert_eq!(lab.rev("refs/notes/experiments"), before);
}
