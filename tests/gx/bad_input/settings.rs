//! Configuration that cannot be understood: the place, line and column, and what may stand there.

use crate::support::Lab;

#[test]
fn a_malformed_gx_toml_is_told_with_line_and_column() {
    let lab = Lab::new();
    let told = |text: &str| {
        lab.write("gx.toml", text);
        lab.refused(&["run", "--hypothesis", "x", "--", "true"], 2)
    };
    insta::assert_snapshot!(told("[metric\nname = 3\n"), @r#"
    error: gx.toml:1:8: unclosed table, expected `]`
    hint: the file is TOML: `key = "value"` lines under `[table]` lines
    "#);
    insta::assert_snapshot!(told("[metric]\nnmae = \"acc\"\n"), @"
    error: gx.toml:2:1: unknown key `nmae` in `[metric]`
    hint: did you mean `name`?
    ");
    insta::assert_snapshot!(told("[metrik]\nname = \"acc\"\n"), @"
    error: gx.toml:1:2: unknown table `metrik`
    hint: did you mean `[metric]`?
    ");
    insta::assert_snapshot!(told("[metric]\n\n  goal = \"down\"\n"), @r#"
    error: gx.toml:3:10: `metric.goal` must be "lower" or "higher", not "down"
    hint: the default is `"lower"`; `gx config` shows every key
    "#);
    insta::assert_snapshot!(told("[run]\ntimeout = \"soon\"\n"), @r#"
    error: gx.toml:2:11: `run.timeout` must be a time such as "10m", "1h30m" or "300s", not "soon"
    hint: the default is `"10m"`; `gx config` shows every key
    "#);
    insta::assert_snapshot!(told("[metric]\nsource = \"json\"\n"), @r#"
    error: gx.toml:2:10: `metric.source` is "json", but `metric.file` is empty
    hint: set it under `[metric]`: `file = "metrics.json"`
    "#);
}

#[test]
fn a_wrong_setting_elsewhere_names_its_layer() {
    let lab = Lab::new().with("GX_RUN_TIMEOUT", "soon");
    insta::assert_snapshot!(lab.refused(&["ls"], 2), @r#"
    error: GX_RUN_TIMEOUT: `run.timeout` must be a time such as "10m", "1h30m" or "300s", not "soon"
    hint: the default is `"10m"`; `gx config` shows every key
    "#);
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["ls", "--config", "metric.gaol=lower"], 2), @"
    error: --config: unknown key `metric.gaol`
    hint: did you mean `metric.goal`?
    ");
    insta::assert_snapshot!(lab.refused(&["ls", "--config", "metric.goal"], 2), @"
    error: invalid value 'metric.goal' for '--config <KEY=VALUE>': `metric.goal` is not NAME=VALUE
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(lab.refused(&["config", "metric.nmae"], 2), @"
    error: no setting is called `metric.nmae`
    hint: did you mean `metric.name`?
    ");
    lab.git(&["config", "gx.policy.minDelta", "little"]);
    insta::assert_snapshot!(lab.refused(&["ls"], 2), @r#"
    error: git config: `policy.min_delta` must be a number, not "little"
    hint: the default is `0.0`; `gx config` shows every key
    "#);
}

#[test]
fn variables_of_others_that_begin_with_gx_are_passed_over() {
    let lab = Lab::new().with("GX_SOMETHING_ELSE", "x").with("GX_METRIC_NMAE", "x");
    lab.gx(&["ls"]).exits(0);
}
