//! A pager for what is longer than the screen: a person's own, and never a surprise.

use super::Background;
use crate::support::Lab;

/// A lab on a terminal whose pager says that it was there.
fn with_pager() -> Lab {
    Lab::with_series().with("TERM", "xterm").with("GX_PAGER", "sed 's/^/> /'")
}

/// What a command shows on a terminal of ten rows; nothing where no terminal can be made.
fn shown(lab: &Lab, arguments: &str) -> Option<String> {
    Some(Background::on_a_terminal(lab, "shown", arguments)?.ends(0))
}

#[test]
fn what_is_longer_than_the_screen_goes_through_the_pager_with_its_colours() {
    let lab = with_pager();
    let Some(short) = shown(&lab, "ls") else { return };
    assert!(short.contains("exp-5") && !short.contains("> "), "it fits: {short:?}");
    let long = shown(&lab, "show exp-5").unwrap();
    assert!(long.lines().all(|line| line.starts_with("> ")), "{long:?}");
    assert!(long.contains("\x1b["), "the colours are gone: {long:?}");
    (0..6).for_each(|_| drop(lab.run("again", &[])));
    let screen = shown(&lab, "ls").unwrap();
    assert!(
        screen.lines().count() == 9 && screen.contains("… and 4 more"),
        "a screen is no longer: {screen:?}"
    );
    let said = shown(&lab, "ls --limit 0").unwrap();
    assert!(said.contains("> "), "{said:?}");
}

#[test]
fn nothing_is_paged_for_a_program_or_for_whoever_wants_no_pager() {
    let lab = with_pager();
    let Some(paged) = shown(&lab, "show exp-5") else { return };
    assert!(paged.contains("> "), "{paged:?}");
    for command in [
        "show exp-5 --no-pager",
        "--no-pager show exp-5",
        "--config ui.pager=never show exp-5",
        "show exp-5 --json",
        "show exp-5 < /dev/null",
        "show exp-5 | cat",
    ] {
        let said = shown(&lab, command).unwrap();
        assert!(said.contains("exp-5") && !said.contains("> "), "{command}: {said:?}");
    }
    for (name, value) in [("TERM", "dumb"), ("TERM", ""), ("GX_PAGER", ""), ("GX_PAGER", "cat")] {
        let said = shown(&with_pager().with(name, value), "show exp-5").unwrap();
        assert!(said.contains("exp-5") && !said.contains("> "), "{name}={value}: {said:?}");
    }
    // Only what answers is paged: a run is not to stand still before somebody has pressed a key.
    let lab = with_pager().with("GX_UI_PAGER", "auto");
    let said = shown(&lab, "gpus").unwrap();
    assert!(!said.contains("> "), "{said:?}");
}

#[test]
fn git_knows_the_pager_and_one_that_is_not_there_hides_nothing() {
    let lab = Lab::with_series().with("TERM", "xterm").with("NO_COLOR", "1");
    lab.git(&["config", "core.pager", "sed 's/^/core /'"]);
    let Some(said) = shown(&lab, "show exp-5") else { return };
    assert!(said.contains("core exp-5"), "{said:?}");
    let lab = lab.with("GIT_PAGER", "sed 's/^/git /'");
    assert!(shown(&lab, "show exp-5").unwrap().contains("git exp-5"));
    let lab = lab.with("GX_PAGER", "no-such-pager");
    assert!(shown(&lab, "show exp-5").unwrap().contains("exp-5  crash"));
}

#[test]
fn a_pager_that_is_left_early_is_no_failure() {
    let lab = with_pager().with("GX_PAGER", "head -n 1");
    let Some(said) = shown(&lab, "show exp-5") else { return };
    assert_eq!(said.lines().count(), 1, "{said:?}");
}

#[test]
fn a_log_is_paged_and_one_that_is_followed_is_not() {
    let lab = with_pager();
    lab.run_script("seq 40; printf -- '---\\nval_bpb: 0.9\\n'", &[]).exits(0);
    let Some(said) = shown(&lab, "logs exp-6") else { return };
    assert!(said.contains("> 40"), "{said:?}");
    let said = shown(&lab, "logs -f exp-6").unwrap();
    assert!(said.contains("40") && !said.contains("> "), "{said:?}");
}

#[test]
fn a_diff_goes_through_the_same_pager() {
    let lab = with_pager();
    let Some(said) = shown(&lab, "diff exp-2") else { return };
    assert!(said.starts_with("> ") && said.contains("diff --git"), "{said:?}");
    let said = shown(&lab, "diff exp-2 --no-pager").unwrap();
    assert!(said.contains("diff --git") && !said.starts_with("> "), "{said:?}");
}
