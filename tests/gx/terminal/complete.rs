//! Words that a shell completes: gx is asked by the scripts of `gx completions`, in real shells.

use std::path::Path;

use crate::support::Lab;

/// What a script says in a shell in which gx can be called; nothing where the shell is not installed.
fn said(lab: &Lab, shell: &str, script: &str) -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_BIN_EXE_gx")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut command = lab.command(shell);
    let Ok(told) = command.env("PATH", path).args(["-c", script]).output() else {
        eprintln!("skipped: no {shell}");
        return None;
    };
    assert!(told.status.success(), "{told:?}");
    let mut lines: Vec<String> = String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect();
    // fish tells what an option is for behind it.
    lines.iter_mut().for_each(|line| line.truncate(line.find('\t').unwrap_or(line.len())));
    Some(lines)
}

fn in_bash(lab: &Lab, line: &str) -> Option<Vec<String>> {
    // As readline does: `=` is a word of its own.
    let words = line.replace('=', " = ");
    let count = words.split(' ').count() - 1;
    said(
        lab,
        "bash",
        &format!(
            "eval \"$(gx completions bash)\"; COMP_WORDS=({}); COMP_CWORD={count}; _gx gx \"${{COMP_WORDS[COMP_CWORD]}}\" ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
        ),
    )
}

fn in_fish(lab: &Lab, line: &str) -> Option<Vec<String>> {
    said(lab, "fish", &format!("gx completions fish | source; complete -C '{line}'"))
}

fn in_zsh(lab: &Lab, line: &str) -> Option<Vec<String>> {
    // Outside of its line editor zsh completes nothing: what would be offered is printed.
    let words = line.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let before = "compdef() { }; compadd() { print -rl -- $found }; _arguments() { print other }";
    let script =
        format!("{before}; eval \"$(gx completions zsh)\"; words=({words}); CURRENT=$#words; _gx; true");
    said(lab, "zsh", &script)
}

#[test]
fn every_shell_completes_ids_the_newest_first() {
    let lab = Lab::with_series();
    for complete in [in_bash, in_zsh, in_fish] {
        let Some(ids) = complete(&lab, "gx show exp-") else { continue };
        assert_eq!(ids, ["exp-5", "exp-4", "exp-3", "exp-2", "exp-1"]);
        assert_eq!(complete(&lab, "gx diff exp-1 exp-3").unwrap(), ["exp-3"]);
        assert_eq!(complete(&lab, "gx ls --tag t").unwrap(), ["t"]);
        assert_eq!(complete(&lab, "gx ls --sort val_").unwrap(), ["val_bpb"]);
    }
    let Some(commands) = in_bash(&lab, "gx sho") else { return };
    assert_eq!(commands, ["show"], "what the script knows itself is still completed");
    assert_eq!(in_bash(&lab, "gx ls --tag=t").unwrap(), ["t"]);
}

#[test]
fn candidates_are_no_more_than_a_screen_and_outside_of_a_repository_none() {
    let lab = Lab::new();
    let base = lab.git(&["rev-parse", "HEAD"]);
    let base = base.trim();
    let mut refs: String = (1..=150).map(|n| format!("create refs/experiments/exp-{n} {base}\n")).collect();
    refs += &format!("create refs/experiments/lab-b/exp-7 {base}\ncreate refs/gx/trash/exp-151 {base}\n");
    std::fs::write(lab.path("refs.txt"), refs).unwrap();
    lab.git(&["-c", "alias.all=!git update-ref --stdin < refs.txt", "all"]);
    let ids = |word: &str| lab.gx(&["candidates", "--", "show", word]).exits(0).stdout;
    assert_eq!(ids("").lines().count(), 100);
    assert!(ids("").starts_with("exp-150\nexp-149\n"), "{}", ids(""));
    assert_eq!(ids("exp-14").lines().next(), Some("exp-149"));
    assert_eq!(ids("lab"), "lab-b/exp-7\n");
    assert_eq!(lab.gx(&["candidates", "--", "undo", ""]).exits(0).stdout, "exp-151\n");
    assert_eq!(Lab::bare_folder().gx(&["candidates", "--", "show", ""]).exits(0).stdout, "");
}

#[test]
fn ids_are_those_that_the_command_can_do_something_with() {
    let lab = Lab::with_series();
    let snapshot = lab.rev("refs/experiments/exp-1");
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-1", &snapshot]);
    lab.git(&["remote", "add", "upstream", "nowhere.git"]);
    lab.gx(&["archive", "--keep", "2"]).exits(0);
    lab.gx(&["archive", "--restore", "lab-b/exp-1", "exp-1"]).exits(0);
    lab.gx(&["rm", "exp-4", "lab-b/exp-1"]).exits(0);
    let Some(trashed) = in_bash(&lab, "gx undo ") else { return };
    assert_eq!(trashed, ["exp-4", "lab-b/exp-1"]);
    let archived = in_bash(&lab, "gx archive --restore ").unwrap();
    assert!(
        archived.contains(&"exp-2".to_owned()) && !archived.contains(&"exp-1".to_owned()),
        "{archived:?}"
    );
    assert_eq!(in_bash(&lab, "gx archive --restore exp-3 exp-2").unwrap(), ["exp-2"]);
    assert_eq!(in_bash(&lab, "gx push u").unwrap(), ["upstream"]);
    assert_eq!(in_bash(&lab, "gx push exp-").unwrap().len(), 4);
    assert_eq!(in_bash(&lab, "gx push upstream exp-5").unwrap(), ["exp-5"]);
}
