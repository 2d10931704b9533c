//! How answers come: as wide as the screen, as one JSON object, quietly when nobody reads on.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Lab;

/// Every command that only answers.
const READS: [&[&str]; 10] = [
    &["gpus"],
    &["ls"],
    &["best"],
    &["near"],
    &["tags"],
    &["show", "exp-2"],
    &["logs", "exp-2"],
    &["diff", "exp-1", "exp-2"],
    &["config"],
    &["agent-guide"],
];

#[test]
fn every_answer_is_one_json_object_where_it_is_asked_for() {
    let lab = Lab::with_series();
    for arguments in READS {
        let told = lab.gx(&[arguments, &["--json"]].concat()).exits(0);
        assert!(told.json().is_object() && told.stderr.is_empty(), "{told:#?}");
    }
}

#[test]
fn lists_fit_the_width_of_the_screen() {
    let lab = Lab::with_series();
    let long =
        "a hypothesis that is told at such length that no screen of any usual width has room for it, or so";
    lab.idea("0.9902", long, "regularization", 11);
    lab.idea("0.98", long, "regularization", 0);
    lab.idea("0.9811", long, "regularization", 11);
    for width in [80, 120] {
        for arguments in [&["ls"][..], &["best"], &["near"], &["tags"], &["diff", "exp-7", "exp-8"]] {
            let mut command = lab.gx_command();
            let output = command.args(arguments).env("COLUMNS", width.to_string()).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width, "{arguments:?} is {widest} wide of {width}:\n{text}");
        }
    }
    let ls = |width: &str| lab.gx_command().arg("ls").env("COLUMNS", width).output().unwrap().stdout;
    assert!(ls("120").len() > ls("80").len(), "a wider screen shows more");
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let lab = Lab::with_series();
    for arguments in READS.into_iter().chain([&["export", "json"][..], &["completions", "bash"]]) {
        if arguments[0] == "diff" {
            continue; // its code is written by git
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = lab.gx_command().args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn an_error_under_json_is_one_object_on_stderr() {
    let lab = Lab::with_series();
    let errors: [(&[&str], i32); 4] = [
        (&["show", "exp-99", "--json"], 5),
        (&["ls", "--where", "val_bpb <", "--json"], 2),
        (&["ls", "--status", "kep", "--json"], 2),
        (&["--json", "bogus"], 2),
    ];
    let mut said = String::new();
    for (arguments, code) in errors {
        let told = lab.gx(arguments).exits(code);
        let object: Value = serde_json::from_str(&told.stderr).unwrap();
        let keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!((keys, &object["exit"]), (vec!["error", "hints", "exit"], &json!(code)));
        assert_eq!(told.stdout, "");
        said.push_str(&told.stderr);
    }
    insta::assert_snapshot!(said, @r#"
    {"error":"no experiment is called `exp-99`","hints":["the nearest are `exp-5`, `exp-4`, `exp-3`; list all with `gx ls`"],"exit":5}
    {"error":"--where, column 9: expected a value after `<`","hints":["for example: `gx ls --where \"val_bpb < 0.98 and status = 'keep' and started > 2d ago\"`"],"exit":2}
    {"error":"invalid value 'kep' for '--status <STATUS>': no status is called `kep`; there are queued, running, keep, near-miss, discard, crash, timeout, tainted, interrupted, no-record","hints":["`gx --help` and `gx COMMAND --help` tell more"],"exit":2}
    {"error":"unrecognized subcommand 'bogus'","hints":["a similar subcommand exists: 'logs'","usage: `gx [OPTIONS] <COMMAND>`","`gx --help` and `gx COMMAND --help` tell more"],"exit":2}
    "#);
}

#[test]
fn the_word_json_behind_the_dashes_is_the_commands_own() {
    let lab = Lab::new();
    let told = lab.gx(&["run", "--", "true", "--json"]).exits(2);
    assert!(told.stderr.starts_with("error: the following required arguments"), "{told:#?}");
}

#[test]
fn config_shows_every_setting_with_its_value_and_source() {
    let lab = Lab::new().with_configured_cards().with("GX_METRIC_GOAL", "higher");
    lab.write("gx.toml", "[run]\ntimeout = \"90s\"\n");
    lab.git(&["config", "gx.policy.minDelta", "0.001"]);
    insta::assert_snapshot!(lab.screen(&["config", "--config", "metric.name=acc"]), @r#"
    key                   source           value
    gpu.count             default          0
    gpu.devices           default          []
    gpu.library           default          ""
    gpu.lock_dir          default          ""
    gpu.max_bypass        default          "10m"
    gpu.max_temperature   default          0
    gpu.min_free_memory   default          "0"
    gpu.query_timeout     default          "10s"
    gpu.release_timeout   default          "10s"
    gpu.slots             default          1
    gpu.source            default          "auto"
    gpu.visible           default          "index"
    hooks.finished        default          ""
    hooks.timeout         default          "30s"
    log.failure_tail      default          20
    log.max_note          default          "256KiB"
    metric.file           default          ""
    metric.goal           GX_METRIC_GOAL   "higher"
    metric.name           --config         "acc"
    metric.pattern        default          ""
    metric.positive       default          false
    metric.source         default          "block"
    policy.crash_streak   default          3
    policy.min_delta      git config       0.001
    policy.near_miss      default          0.002
    policy.stale          default          "keep"
    run.artifacts         default          []
    run.command           default          []
    run.editable          default          []
    run.gpus              default          0
    run.grace             default          "30s"
    run.link              default          []
    run.protected         default          []
    run.timeout           gx.toml          "90s"
    run.warm              default          8
    snapshot.max_file     default          "10MiB"
    snapshot.never        default          [".env", ".env.*", ".env-*", ".envrc", "*.pem", "*.key", "*.…
    store.index           default          "auto"
    store.keep_journal    default          "90d"
    store.keep_logs       default          "0"
    store.keep_trash      default          "30d"
    store.max_artifacts   default          "0"
    store.max_logs        default          "2GiB"
    store.upkeep          GX_STORE_UPKEEP  "off"
    store.upkeep_objects  default          6700
    store.upkeep_refs     default          500
    ui.pager              default          "auto"
    "#);
    let told = lab.gx(&["config", "metric.goal", "--json"]).exits(0).json();
    assert_eq!(told["settings"][0]["source"], json!("GX_METRIC_GOAL"));
    assert_eq!(told["settings"].as_array().unwrap().len(), 1);
}

#[test]
fn each_shell_gets_a_completion_script_that_knows_the_commands() {
    let lab = Lab::bare_folder();
    for (shell, mark) in [
        ("bash", "complete -F _gx"),
        ("zsh", "#compdef gx"),
        ("fish", "complete -c gx"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer"),
    ] {
        let script = lab.gx(&["completions", shell]).exits(0).stdout;
        assert!(script.contains(mark) && script.contains("agent-guide"), "{shell}");
    }
    let script = lab.gx(&["completions", "bash"]).exits(0).stdout;
    lab.write("gx.bash", &script);
    let loads = lab.command("bash").args(["-c", ". ./gx.bash && complete -p gx"]).output();
    if let Ok(output) = loads {
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn the_agent_guide_is_printed_or_written_to_a_new_file_only() {
    let lab = Lab::bare_folder();
    let guide = lab.gx(&["agent-guide"]).exits(0).stdout;
    assert!(guide.contains("gx run --hypothesis"), "{guide}");
    lab.gx(&["agent-guide", "--write", "AGENTS.md"]).exits(0);
    assert_eq!(lab.read("AGENTS.md"), guide);
    lab.write("AGENTS.md", "mine\n");
    insta::assert_snapshot!(lab.refused(&["agent-guide", "--write", "AGENTS.md"], 1), @"
    error: AGENTS.md exists already
    hint: name a new file, or print: `gx agent-guide`
    ");
    assert_eq!(lab.read("AGENTS.md"), "mine\n");
}

#[test]
fn a_folder_given_with_c_is_where_every_command_works() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("below")).unwrap();
    lab.gx(&["-C", "below", "agent-guide", "--write", "guide.md"]).exits(0);
    assert!(lab.read("below/guide.md").starts_with("# "));
    lab.gx(&["-C", "nowhere", "ls"]).exits(2);
}

#[test]
fn tables_that_somebody_asked_for_fit_the_screen_and_miss_no_column() {
    let lab = Lab::with_series();
    let long = "a hypothesis that is told at such length that no screen of any usual width has room for it";
    lab.idea("0.9902", long, "regularization", 11);
    let question = "SELECT id, hypothesis, hardware, reason, value FROM experiments";
    for arguments in [&["ls", "--columns", "id,hypothesis,reason,description,value"][..], &["sql", question]]
    {
        let output = lab.gx_command().args(arguments).env("COLUMNS", "80").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{arguments:?} is {widest} wide of 80:\n{text}");
        // Nobody has a description or cards; who asks sees that.
        let heads = text.lines().next().unwrap().split_whitespace().count();
        assert!(heads == 5 && text.contains("0.9902"), "{text}");
    }
}

#[test]
fn a_column_that_nothing_has_is_refused_with_what_was_meant() {
    let lab = Lab::with_series();
    lab.run("with a parameter", &["--param", "lr=0.1"]).exits(11);
    for index in ["auto", "off"] {
        let ask = |columns: &str| {
            lab.gx(&["--config", &format!("store.index={index}"), "ls", "--columns", columns])
        };
        let told = ask("id,hypotesis").exits(2).stderr;
        assert!(told.starts_with("error: no experiment has a field, metric or parameter `hypotesis`\nhint: did you mean `hypothesis`?\n"), "{told}");
        let told = ask("lr").exits(2).stderr;
        assert!(told.contains("hint: did you mean `params.lr`?"), "{told}");
        let told = ask("val_bpd").exits(2).stderr;
        assert!(told.contains("hint: did you mean `val_bpb`?"), "{told}");
        assert!(ask("id,params.lr,val_bpb,snapshot,worktree,number,delta").exits(0).stdout.contains("0.1"));
        // Known, though no experiment that is shown has it.
        let none = [
            "--config",
            &format!("store.index={index}"),
            "ls",
            "--columns",
            "id,params.lr",
            "--where",
            "number = 1",
        ];
        lab.gx(&none).exits(0);
    }
    Lab::new().gx(&["ls", "--columns", "id,whatever"]).exits(0);
}
