//! `gx feed`: lines of JSON in, an answer for each, and what is answered is there for good.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::Lab;

/// A `gx feed` that is spoken to a line at a time.
pub struct Feed {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Feed {
    pub fn start(lab: &Lab) -> Self {
        let mut command = lab.gx_command();
        command.arg("feed").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from) }
    }

    /// Says a line and waits for its answer, while nothing more is said.
    pub fn ask(&mut self, line: &Value) -> Value {
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{line} was answered `{answer}`: {error}"))
    }

    /// Registers and completes one with a value; its id.
    pub fn record(&mut self, value: &str) -> String {
        let made = self.ask(&json!({"register": {"hypothesis": format!("try {value}")}}));
        let id = made["id"].as_str().unwrap().to_owned();
        let value: f64 = value.parse().unwrap();
        let ended = self.ask(&json!({"complete": {"id": id, "metrics": {"val_bpb": value}}}));
        assert_eq!((&ended["id"], &ended["value"]), (&json!(id), &json!(value)));
        id
    }

    /// Says that there is no more, and gives its exit code.
    pub fn end(self) -> i32 {
        let Self { mut child, to, from } = self;
        drop((to, from));
        child.wait().unwrap().code().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn each_line_is_answered_before_the_next_is_said_as_its_command_would() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    lab.write("train.py", "0.9\n");
    let made =
        feed.ask(&json!({"register": {"hypothesis": "one", "category": "optimizer", "params": {"lr": 0.1}}}));
    assert_eq!(
        (&made["id"], &made["snapshot"]),
        (&json!("exp-1"), &json!(lab.rev("refs/experiments/exp-1")))
    );
    let ended = feed.ask(&json!({"complete": {"id": "exp-1", "metrics": {"val_bpb": 0.9}, "depth": 8}}));
    assert_eq!(
        (&ended["status"], &ended["exit"], &ended["metrics"]["depth"]),
        (&json!("keep"), &json!(0), &json!(8))
    );
    lab.write("train.py", "1.5\n");
    assert_eq!(feed.ask(&json!({"register": {"hypothesis": "two"}}))["id"], json!("exp-2"));
    let ended = feed.ask(&json!({"complete": {"id": "exp-2", "metrics": {"val_bpb": 1.5}}}));
    assert_eq!((&ended["status"], &ended["best_before"]), (&json!("discard"), &json!("exp-1")));
    feed.ask(&json!({"register": {"hypothesis": "three"}}));
    let ended = feed.ask(&json!({"crash": {"id": "exp-3", "error": "out of memory"}}));
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("crash"), &json!("out of memory")));
    assert_eq!(feed.end(), 0);
    assert_eq!(lab.record("exp-1")["params"], json!({"lr": 0.1}));
    assert_eq!(
        lab.git(&["show", "refs/experiments/exp-2:train.py"]),
        "1.5\n",
        "the files are those of each line"
    );
    assert_eq!(lab.read("train.py"), "1.5\n", "no file moves");
}

#[test]
fn a_line_that_cannot_be_followed_is_answered_with_an_error_and_the_next_one_is_followed() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    for (line, exit) in [
        (json!({"register": {"hypothesis": " "}}), 2),
        (json!({"register": {"idea": "x"}}), 2),
        (json!({"complete": {"metrics": {"val_bpb": 1}}}), 2),
        (json!({"complete": {"id": "exp-9", "metrics": {"val_bpb": 1}}}), 5),
        (json!({"keep": {"id": "exp-1"}}), 2),
        (json!({"register": {"hypothesis": "a"}, "crash": {"id": "exp-1"}}), 2),
        (json!(["register"]), 2),
    ] {
        let told = feed.ask(&line);
        assert_eq!(told["exit"], json!(exit), "{line}: {told}");
        assert!(!told["error"].as_str().unwrap().is_empty() && told["hints"].is_array(), "{told}");
    }
    feed.record("0.9");
    assert_eq!(feed.end(), 1, "who reads no answers learns it from the code");
    assert_eq!(lab.states(), [("exp-1".to_owned(), "keep".to_owned())]);
}

#[test]
fn what_was_answered_is_there_after_the_feed_was_killed() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    let ended = feed.record("0.9");
    let open = feed.ask(&json!({"register": {"hypothesis": "half done"}}))["id"].as_str().unwrap().to_owned();
    feed.kill();
    let now = [(ended.clone(), "keep".to_owned()), (open.clone(), "running".to_owned())];
    assert_eq!(lab.states(), now, "the next command knows it");
    assert_eq!(lab.record(&ended)["status"], json!("keep"));
    assert_eq!(lab.record(&open)["status"], json!("running"), "and has brought it into the notes");
    lab.gx(&["complete", &open, "--metric", "val_bpb=1.5"]).exits(10);
    lab.fsck();
}

#[test]
fn what_feeds_have_only_in_the_journal_counts_for_each_other_and_for_every_command() {
    let lab = Lab::new();
    let mut feeds = [Feed::start(&lab), Feed::start(&lab)];
    assert_eq!(feeds[0].record("0.9"), "exp-1");
    let end = |feed: &mut Feed, what: Value| {
        let id = feed.ask(&json!({"register": {"hypothesis": "next"}}))["id"].clone();
        let (verb, mut object) = match what {
            Value::String(error) => ("crash", json!({"error": error})),
            value => ("complete", json!({"metrics": {"val_bpb": value}})),
        };
        object["id"] = id;
        feed.ask(&json!({verb: object}))
    };
    let notes = || lab.rev("refs/notes/experiments");
    let told = end(&mut feeds[1], json!(0.95));
    assert_eq!((&told["status"], &told["best_before"]), (&json!("discard"), &json!("exp-1")));
    let before = notes();
    let told = end(&mut feeds[0], json!(1.5));
    assert_eq!((&told["status"], &told["best_before"]), (&json!("discard"), &json!("exp-1")));
    assert_eq!(notes(), before, "a result that nothing rests on makes no commit of its own");
    assert_eq!(end(&mut feeds[1], json!(0.8))["status"], json!("keep"));
    assert_ne!(notes(), before, "one that others are compared with is there for all");
    let told = end(&mut feeds[0], json!(0.85));
    assert_eq!((&told["status"], &told["best_before"]), (&json!("discard"), &json!("exp-4")));
    let mut row = |what: Value| end(&mut feeds[1], what)["crashes_in_a_row"].clone();
    let crash = json!("out of memory");
    let rows = [row(crash.clone()), row(crash.clone()), row(json!(1.4)), row(crash)];
    assert_eq!(rows, [json!(1), json!(2), json!(0), json!(1)], "a result in between waits, and is counted");
    let states = ["keep", "discard", "discard", "keep", "discard", "crash", "crash", "discard", "crash"];
    let named = states.iter().enumerate().map(|(at, state)| (format!("exp-{}", at + 1), (*state).to_owned()));
    assert_eq!(lab.states(), named.collect::<Vec<_>>());
    let open = [0, 1]
        .map(|feed: usize| feeds[feed].ask(&json!({"register": {"hypothesis": "beside"}}))["id"].clone());
    let close = |feed: &mut Feed, id: &Value, value: f64| {
        let told = feed.ask(&json!({"complete": {"id": id, "metrics": {"val_bpb": value}}}));
        (told["status"].clone(), told["best_before"].clone())
    };
    assert_eq!(close(&mut feeds[0], &open[0], 0.7), (json!("keep"), json!("exp-4")));
    let told = close(&mut feeds[1], &open[1], 0.75);
    assert_eq!(told, (json!("discard"), open[0].clone()), "kept since the other one knew all refs");
    let [one, other] = feeds;
    assert_eq!((one.end(), other.end()), (0, 0));
}

#[test]
fn who_waits_and_who_watches_a_list_learns_what_a_feed_has_only_in_the_journal() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    feed.record("0.9");
    let register = json!({"register": {"hypothesis": "two"}});
    assert_eq!(feed.ask(&register)["id"], json!("exp-2"));
    let start = |arguments: &[&str]| {
        let mut command = lab.gx_command();
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut list = start(&["ls", "--watch", "0.1", "--json"]);
    let mut lists = BufReader::new(list.stdout.take().unwrap()).lines().map(Result::unwrap);
    let wait = start(&["wait", "exp-2", "--timeout", "60s"]);
    let is_listed = |status: &str| {
        let told = json!(status);
        move |list: String| serde_json::from_str::<Value>(&list).unwrap()["experiments"][1]["status"] == told
    };
    assert!(lists.any(is_listed("running")));
    let told = feed.ask(&json!({"complete": {"id": "exp-2", "metrics": {"val_bpb": 1.5}}}));
    assert_eq!(told["status"], json!("discard"));
    let waited = wait.wait_with_output().unwrap();
    assert_eq!(waited.status.code(), Some(10), "{waited:?}");
    assert!(lists.any(is_listed("discard")), "it ended without having told it");
    list.kill().unwrap();
    list.wait().unwrap();
    assert_eq!(feed.end(), 0);
}

#[test]
fn the_doctor_takes_nothing_that_a_feed_has_only_in_the_journal_for_lost() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    feed.record("0.9");
    feed.record("1.5");
    let told = lab.gx(&["doctor", "--json"]).exits(0).json();
    assert_eq!((&told["errors"], &told["warnings"]), (&json!(0), &json!(0)), "{told:#}");
    assert!(told.to_string().contains("2 lines wait for the notes"), "{told:#}");
    assert_eq!(feed.end(), 0);
}

#[test]
fn what_others_record_and_rewind_meanwhile_is_minded() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    feed.record("0.95");
    let before = lab.rev("refs/notes/experiments");
    lab.write("train.py", "0.9\n");
    lab.gx(&["register", "--hypothesis", "another process"]).exits(0);
    lab.gx(&["complete", "exp-2", "--metric", "val_bpb=0.9"]).exits(0);
    lab.git(&["pack-refs", "--all"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    lab.git(&["update-ref", "refs/notes/experiments", &before]);
    let made = feed.ask(&json!({"register": {"hypothesis": "after it"}}));
    assert_eq!(made["id"], json!("exp-3"));
    let ended = feed.ask(&json!({"complete": {"id": "exp-3", "metrics": {"val_bpb": 0.93}}}));
    assert_eq!((&ended["status"], &ended["best_before"]), (&json!("discard"), &json!("exp-2")));
    assert_eq!(feed.end(), 0);
    assert_eq!(lab.record("exp-2")["status"], json!("keep"), "the rewound line is back");
}

#[test]
fn a_line_that_is_no_text_is_answered_and_the_next_is_followed() {
    let lab = Lab::new();
    let mut feed = Feed::start(&lab);
    feed.to.write_all(b"{\"register\": \xff}\n").unwrap();
    let mut answer = String::new();
    feed.from.read_line(&mut answer).unwrap();
    assert!(answer.contains("the line is no UTF-8"), "{answer}");
    assert_eq!(feed.ask(&json!({"register": {"hypothesis": "next"}}))["id"], json!("exp-1"));
    assert_eq!(feed.end(), 1);
}
