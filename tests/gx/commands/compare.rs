//! `gx diff`: what one experiment changed, what tells two apart, through the user's own settings.

use serde_json::json;

use crate::support::Lab;

/// The arguments for a command at a terminal, which Python has and every test machine too.
fn at_a_terminal(lab: &Lab, name: &str, value: &str, arguments: &[&str]) -> String {
    let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
    let mut command = lab.command("python3");
    command.args(["-c", script, env!("CARGO_BIN_EXE_gx")]).args(arguments).env("TERM", "xterm");
    let output = command.env(name, value).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n")
}

#[test]
fn one_id_shows_what_that_experiment_changed_against_its_base() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["diff", "exp-4"]), @"
    diff --git a/train.py b/train.py
    index #######..####### 100644
    --- a/train.py
    +++ b/train.py
    @@ -1 +1 @@
    -0.99
    +1.2
    exp-4  discard  twice as wide, half as deep  1 file +1 −1
    ");
}

#[test]
fn two_ids_show_the_code_and_a_table_of_what_differs() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["diff", "exp-1", "exp-3"]), @"
    diff --git a/train.py b/train.py
    index #######..####### 100644
    --- a/train.py
    +++ b/train.py
    @@ -1 +1 @@
    -1.0
    +0.9905
                    exp-1       exp-3    delta
    status           keep   near-miss
    val_bpb             1      0.9905  -0.0095
    peak_vram_mb  45060.2     45060.2       +0
    lr                  1      0.9905  -0.0095
    category        other  activation
    exp-1   baseline
    exp-3   GELU instead of ReLU squared
    code    1 file +1 −1
    ");
}

#[test]
fn stat_is_a_line_per_file_and_metrics_shows_no_code() {
    let lab = Lab::with_series();
    let stat = lab.screen(&["diff", "exp-1", "exp-3", "--stat"]);
    assert!(stat.starts_with(" train.py | 2 +-\n 1 file changed"), "{stat}");
    let metrics = lab.screen(&["diff", "exp-1", "exp-3", "--metrics"]);
    assert!(stat.ends_with(&metrics) && !metrics.contains("train.py"), "{metrics}");
}

#[test]
fn diff_as_json_has_the_patch_and_the_deltas() {
    let lab = Lab::with_series();
    let told = lab.gx(&["diff", "exp-1", "exp-4", "--json"]).exits(0).json();
    assert!(told["patch"].as_str().unwrap().ends_with("-1.0\n+1.2\n"), "{told:#}");
    assert_eq!((&told["a"]["id"], &told["b"]["id"]), (&json!("exp-1"), &json!("exp-4")));
    let metric = &told["metrics"][0];
    assert_eq!((&metric["name"], &metric["delta"]), (&json!("val_bpb"), &json!(0.19999999999999996)));
    assert_eq!(told["params"][0]["b"], json!(1.2));
    let told = lab.gx(&["diff", "exp-4", "--json", "--stat"]).exits(0).json();
    assert_eq!((&told["patch"], &told["stat"]["files"]), (&json!(null), &json!(1)));
}

#[test]
fn the_code_goes_through_the_users_own_pager() {
    let lab = Lab::with_series();
    let shown = at_a_terminal(&lab, "GIT_PAGER", "sed 's/^/PAGED /'", &["diff", "exp-4"]);
    assert!(shown.contains("PAGED ") && shown.contains("1.2"), "{shown}");
    assert!(!at_a_terminal(&lab, "GIT_PAGER", "cat", &["diff", "exp-4"]).contains("PAGED"));
}

#[test]
fn the_users_colour_and_diff_settings_count() {
    let lab = Lab::with_series();
    assert!(!lab.screen(&["diff", "exp-4"]).contains('\x1b'), "no colour in a pipe");
    lab.git(&["config", "color.diff", "always"]);
    lab.git(&["config", "color.diff.new", "magenta"]);
    lab.git(&["config", "diff.noprefix", "true"]);
    let shown = lab.screen(&["diff", "exp-4"]);
    assert!(shown.contains("\x1b[35m+") && shown.contains("+++ train.py"), "{shown:?}");
    let patch = lab.gx(&["diff", "exp-4", "--json"]).exits(0).json()["patch"].clone();
    assert!(!patch.as_str().unwrap().contains('\x1b'), "data carries no colour");
}

#[test]
fn colour_is_for_terminals_and_no_color_turns_it_off() {
    let lab = Lab::with_series();
    for arguments in [&["ls"][..], &["best"], &["show", "exp-2"], &["near"], &["tags"]] {
        assert!(at_a_terminal(&lab, "NO_COLOR", "", arguments).contains("\x1b["), "{arguments:?}");
        assert!(!at_a_terminal(&lab, "NO_COLOR", "1", arguments).contains('\x1b'), "{arguments:?}");
        assert!(!lab.screen(arguments).contains('\x1b'), "{arguments:?}");
    }
}
