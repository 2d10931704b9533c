//! Which results are kept: thresholds, direction, and where the metric is read.

use serde_json::json;

use crate::support::Lab;
use crate::support::script::BLOCK;

fn baseline_of(lab: Lab, value: &str) -> Lab {
    lab.write("train.py", format!("{value}\n"));
    lab.run("baseline", &[]).exits(0);
    lab
}

#[test]
fn the_width_of_a_near_miss_is_inclusive_despite_binary_fractions() {
    let lab = baseline_of(Lab::new(), "0.969857");
    lab.try_value("0.971857").exits(11);
    lab.try_value("0.971858").exits(10);
    lab.try_value("0.969857").exits(11);
}

#[test]
fn a_gain_below_min_delta_is_a_near_miss_and_one_of_exactly_it_is_kept() {
    let lab = baseline_of(Lab::new().with("GX_POLICY_MIN_DELTA", "0.001"), "0.938");
    let told = lab.try_value("0.9375").exits(11).json();
    assert!(told["reason"].as_str().unwrap().contains("min_delta"), "{told:#}");
    assert_eq!(lab.read("train.py"), "0.938\n");
    lab.try_value("0.937").exits(0);
}

#[test]
fn without_min_delta_the_smallest_gain_is_kept() {
    let lab = baseline_of(Lab::new(), "0.97");
    lab.try_value("0.969999").exits(0);
}

#[test]
fn a_metric_that_must_be_positive_crashes_at_zero_and_below() {
    for value in ["0", "0.0", "-0.5"] {
        let lab = baseline_of(Lab::new().with("GX_METRIC_POSITIVE", "true"), "1.0");
        lab.try_value(value).exits(12);
        let lab = baseline_of(Lab::new(), "1.0");
        lab.try_value(value).exits(0);
    }
}

#[test]
fn where_more_is_better_the_larger_value_is_kept() {
    let lab = baseline_of(Lab::new().with("GX_METRIC_GOAL", "higher"), "0.5");
    lab.try_value("0.4").exits(10);
    lab.try_value("0.498").exits(11);
    lab.try_value("0.6").exits(0);
    assert_eq!(lab.read("train.py"), "0.6\n");
}

#[test]
fn only_the_best_of_the_same_tag_counts() {
    let lab = baseline_of(Lab::new(), "1.0");
    lab.write("train.py", "5.0\n");
    let told = lab.run("another session", &["--tag", "other"]).exits(0).json();
    assert_eq!((&told["tag"], &told["best_before"]), (&json!("other"), &json!(null)));
}

#[test]
fn the_metric_is_read_from_a_json_file_that_this_run_wrote() {
    let lab = Lab::new().with("GX_METRIC_SOURCE", "json").with("GX_METRIC_FILE", "out/result.json");
    lab.write(".gitignore", "out/\n");
    lab.commit("ignore results");
    let write = r#"mkdir -p out; echo '{"val_bpb": 0.75, "eval": {"steps": 3}}' > out/result.json"#;
    let told = lab.run_script(write, &[]).exits(0).json();
    assert_eq!(told["value"], json!(0.75));
    assert_eq!(lab.record("exp-1")["metrics"], json!({"val_bpb": 0.75, "eval.steps": 3}));
    let told = lab.run_script("true", &[]).exits(12).json();
    assert_eq!(told["reason"], json!("it printed no `val_bpb`"), "an older run's file is no result");
}

#[test]
fn the_metric_is_read_by_a_pattern_and_its_last_match_counts() {
    let lab = Lab::new()
        .with("GX_METRIC_SOURCE", "regex")
        .with("GX_METRIC_PATTERN", "bpb=(?P<val_bpb>[0-9.]+)( lr=(?P<lr>[0-9.e-]+))?");
    let told = lab.run_script("echo bpb=2.5 lr=3e-4; echo bpb=1.5", &[]).exits(0).json();
    assert_eq!(told["value"], json!(1.5));
    assert_eq!(lab.record("exp-1")["metrics"], json!({"val_bpb": 1.5, "lr": 0.0003}));
}

#[test]
fn the_last_complete_block_counts_and_lines_of_windows_do_too() {
    let lab = Lab::new();
    let script = format!("printf -- '---\\nval_bpb: 9\\n\\ndone\\n'; {BLOCK} | sed 's/$/\\r/'");
    let told = lab.run_script(&script, &[]).exits(0).json();
    assert_eq!(told["value"], json!(1.0));
}
