//! The index: whatever happens to a repository or to the index itself, lists say what reading every record says.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Lab, TRAIN};

/// Questions whose answers come from the index.
const QUESTIONS: [&[&str]; 9] = [
    &["ls"],
    &["ls", "--where", "val_bpb < 1.0 or params.lr > 2 or status in ('crash', 'interrupted')"],
    &["ls", "--sort", "-val_bpb", "--limit", "3"],
    &["ls", "--limit", "2", "--where", "hypothesis like '%1%' and started < 1s ago"],
    &["ls", "--tag", "t", "--status", "keep,discard"],
    &["best"],
    &["tags"],
    &["near"],
    &["wait", "--all", "--timeout", "1ms"],
];

/// The answers, and that the index was there to give them.
fn answers(lab: &Lab, what: &str) {
    for question in QUESTIONS {
        let ask = |mode: &str| {
            let mut command = lab.gx_command();
            command.env("GX_NOW", "2026-04-01T00:00:00Z").env("GX_STORE_INDEX", mode);
            let told = command.arg("--json").args(question).output().unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            (told.status.code(), text(told.stdout), text(told.stderr))
        };
        assert_eq!(ask("auto"), ask("off"), "after {what}: {question:?}");
    }
}

fn index_counts(lab: &Lab) -> Value {
    lab.gx(&["sql", "--json", "SELECT count(*) FROM experiments"]).exits(0).json()["rows"][0][0].clone()
}

/// A pseudo-random sequence: the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's MMIX constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// The refs of experiments, with their snapshots.
fn refs(lab: &Lab) -> Vec<(String, String)> {
    let told = lab.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/experiments"]);
    told.lines().filter_map(|line| line.split_once(' ')).map(|(name, at)| (name.into(), at.into())).collect()
}

/// Does one of the things that happen to a repository, and says which.
fn happen(lab: &Lab, dice: &mut Dice) -> String {
    let known = refs(lab);
    let pick = |dice: &mut Dice| known[dice.roll(known.len())].clone();
    let id = |name: &str| name.strip_prefix("refs/experiments/").unwrap().to_owned();
    let index = lab.path(".git/gx/index.db");
    match if known.len() < 3 { 0 } else { dice.roll(16) } {
        0 | 1 => {
            let value = ["0.9", "1.1", "nan", "0.95"][dice.roll(4)];
            lab.write("train.py", format!("{value}\n"));
            lab.run(&format!("try {value}"), &["--param", &format!("lr={}", dice.roll(4))]);
            format!("run {value}")
        }
        2 => {
            lab.run("another tag", &["--tag", "u", "--leave"]);
            "run of another tag".to_owned()
        }
        3 => told(lab, &["note", &id(&pick(dice).0), "a remark"]),
        4 => told(lab, &["keep", &id(&pick(dice).0), "--reason", "by hand"]),
        5 => told(lab, &["discard", &id(&pick(dice).0), "--reason", "by hand"]),
        6 => told(lab, &["rm", &id(&pick(dice).0)]),
        7 => told(lab, &["undo"]),
        8 => {
            lab.git(&["pack-refs", "--all"]);
            "packed refs".to_owned()
        }
        9 => {
            lab.git(&["gc", "-q"]);
            "gc".to_owned()
        }
        10 => {
            let depth = 1 + dice.roll(3);
            let log = lab.git(&["rev-list", "--first-parent", "refs/notes/experiments"]);
            if let Some(old) = log.lines().nth(depth) {
                lab.git(&["update-ref", "refs/notes/experiments", old]);
            }
            "rewound notes".to_owned()
        }
        11 => {
            let _ = fs::remove_file(&index);
            "removed index".to_owned()
        }
        12 => damage(lab, dice),
        13 => {
            let (name, _) = pick(dice);
            lab.git(&["update-ref", "-d", &name]);
            format!("deleted {name}")
        }
        14 => {
            let (name, at) = pick(dice);
            lab.git(&[
                "update-ref",
                &format!("refs/experiments/lab-{}/exp-{}", dice.roll(2), dice.roll(3) + 1),
                &at,
            ]);
            format!("brought {name} from elsewhere")
        }
        _ => archive(lab, dice),
    }
}

fn told(lab: &Lab, arguments: &[&str]) -> String {
    let told = lab.gx(arguments);
    format!("{arguments:?} ({:?})", told.code)
}

/// Writes into the file of the index what no index holds.
fn damage(lab: &Lab, dice: &mut Dice) -> String {
    let index = lab.path(".git/gx/index.db");
    let mut bytes = fs::read(&index).unwrap_or_default();
    match dice.roll(3) {
        0 => bytes.truncate(bytes.len() / 2),
        1 => bytes.iter_mut().take(200).for_each(|byte| *byte = 0x5a),
        _ => bytes = b"no database".to_vec(),
    }
    fs::write(&index, bytes).unwrap();
    "damaged index".to_owned()
}

/// Archives the older ones, or gives one its ref back.
fn archive(lab: &Lab, dice: &mut Dice) -> String {
    match dice.roll(3) {
        0 => told(lab, &["archive", "--restore", &format!("exp-{}", dice.roll(6) + 1)]),
        1 => told(lab, &["rm", &format!("exp-{}", dice.roll(6) + 1)]),
        _ => told(lab, &["archive", "--keep", &dice.roll(4).to_string()]),
    }
}

#[test]
fn after_anything_that_happens_the_index_says_what_the_records_say() {
    for seed in [1, 2, 3] {
        let (lab, mut dice) = (Lab::new().with("GX_RUN_EDITABLE", "train.py"), Dice(seed));
        lab.run("baseline", &["--param", "lr=1"]).exits(0);
        let mut history = vec![format!("seed {seed}")];
        for _ in 0..30 {
            history.push(happen(&lab, &mut dice));
            answers(&lab, &history.join("; "));
        }
        let all = lab.gx(&["ls", "--json"]).exits(0).json();
        assert_eq!(index_counts(&lab), all["total"], "{history:?}");
    }
}

#[test]
fn killed_while_it_writes_the_index_gx_has_a_right_one_the_next_time() {
    for point in ["index-loaded", "index-built", "index-caught-up", "index-written"] {
        let lab = Lab::new();
        for value in ["1.0", "0.9", "1.2"] {
            lab.try_value(value);
        }
        let index = lab.path(".git/gx/index.db");
        if point == "index-caught-up" {
            answers(&lab, "three runs");
            let snapshot = lab.rev("refs/experiments/exp-1");
            lab.git(&["update-ref", "refs/experiments/lab-b/exp-1", &snapshot]);
        } else {
            let _ = fs::remove_file(&index);
        }
        let killed = lab.gx_command().args(["ls"]).env("GX_FAIL_AT", point).output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{point}");
        answers(&lab, point);
        let expected = if point == "index-caught-up" { 4 } else { 3 };
        assert_eq!(index_counts(&lab), expected, "{point}");
    }
}

#[test]
fn where_another_process_writes_the_index_it_is_read_without_it() {
    let lab = Lab::new();
    lab.try_value("1.0");
    answers(&lab, "a run");
    let other = rusqlite::Connection::open(lab.path(".git/gx/index.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let snapshot = lab.rev("refs/experiments/exp-1");
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-1", &snapshot]);
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).json()["total"], 2);
    lab.try_value("0.9");
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).json()["total"], 3);
    other.execute_batch("ROLLBACK").unwrap();
    answers(&lab, "the other has gone");
}

#[test]
fn an_index_that_cannot_be_a_file_stops_nothing() {
    let lab = Lab::new();
    lab.write(".git/gx/index.db/in-the-way", "");
    lab.try_value("1.0").exits(0);
    lab.try_value("0.9").exits(0);
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).json()["total"], 2);
    let told = lab.gx(&["sql", "SELECT 1"]).exits(1);
    assert!(told.stderr.contains("there is no index to ask"), "{told:?}");
}

#[test]
fn many_processes_that_ask_and_record_at_once_get_right_answers() {
    let lab = Lab::new();
    lab.try_value("1.0");
    let register = |number: usize| {
        let hypothesis = format!("idea {number}");
        let mut command = lab.gx_command();
        command.args(["run", "--leave", "--isolated", "--hypothesis", &hypothesis, "--"]).args(TRAIN);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut running: Vec<_> = (0..6).map(register).collect();
    for _ in 0..6 {
        let asking =
            (0..3).map(|_| lab.gx_command().args(["ls", "--json"]).stdout(Stdio::piped()).spawn().unwrap());
        for child in asking.collect::<Vec<_>>() {
            let told = child.wait_with_output().unwrap();
            assert!(told.status.success());
            let list: Value = serde_json::from_slice(&told.stdout).unwrap();
            assert_eq!(list["experiments"].as_array().unwrap().len() as u64, list["total"].as_u64().unwrap());
        }
    }
    for child in &mut running {
        child.wait().unwrap();
    }
    answers(&lab, "all");
    assert_eq!(index_counts(&lab), 7);
}
