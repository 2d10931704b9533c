//! The index beside the full read: the same answers, whatever is asked of whatever records.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::config::store::Index;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::query::{Comparison, Expr, Literal};
use crate::model::record::Line;
use crate::model::status::Status;
use crate::model::verdict::Goal;
use crate::store::choice::{Choice, Direction};
use crate::store::experiments::Store;

/// Names that are fields, metrics or parameters, some of them several at once.
const NAMES: [&str; 14] = [
    "a",
    "b",
    "x.y",
    "we\"ird'; --",
    "tag",
    "value",
    "status",
    "id",
    "number",
    "delta",
    "params.a",
    "metrics",
    "none",
    "started",
];

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(false),
            json!([]),
            json!([1]),
            json!({"deep": 1}),
            json!("keep"),
            json!("8"),
            json!(" 8"),
            json!("nan"),
            json!("A%b"),
            json!(""),
            json!("2026-03-08T10:00:00.000000Z"),
            json!("2026-03-08"),
            json!(8),
            json!(8.0),
            json!(-0.0),
            json!(0),
            json!(0.5),
            json!(9_007_199_254_740_993_i64),
            json!(u64::MAX),
            json!(1e300),
        ]),
        (-3i64..3).prop_map(Value::from),
    ]
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        prop::sample::select(vec!["keep", "8", " 8", "nan", "", "2026-03-08", "lab/exp-2", "exp-1", "a%"])
            .prop_map(|text| Literal::Text(text.to_owned())),
        prop::sample::select(vec![0.0, -0.0, 8.0, 0.5, 9_007_199_254_740_992.0, 1.8446744073709552e19, 1.0])
            .prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Flag),
        prop::sample::select(vec![86_400, 0, u64::MAX]).prop_map(|seconds| Literal::Ago { seconds }),
        Just(Literal::Time("2026-03-08T10:00:00Z".parse().unwrap())),
    ]
}

fn exprs() -> impl Strategy<Value = Expr> {
    let field = || prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    let how = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        4 => (field(), how, literals()).prop_map(|(field, how, to)| Expr::Compare { field, how, to }),
        1 => (field(), prop::collection::vec(literals(), 1..4)).prop_map(|(field, among)| Expr::In { field, among }),
        1 => (field(), prop::sample::select(vec!["%", "8%", "_", "%p-_", "a\\%b", "TRUE"]))
            .prop_map(|(field, pattern)| Expr::Like { field, pattern: pattern.to_owned() }),
        1 => field().prop_map(|field| Expr::IsNull { field }),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn records() -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let group = || prop::collection::btree_map(prop::sample::select(NAMES[..6].to_vec()), values(), 0..4);
    let record =
        (group(), group(), group(), prop::option::of(values()), prop::sample::select(Status::ALL.to_vec()));
    let record = record.prop_map(|(fields, metrics, params, before, status)| {
        let map = |group: std::collections::BTreeMap<&str, Value>| -> Map<String, Value> {
            group.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let mut record = map(fields);
        record.insert("status".into(), json!(status));
        record.insert("metrics".into(), Value::Object(map(metrics)));
        record.insert("params".into(), Value::Object(map(params)));
        if let Some(value) = before {
            record.insert("best_before".into(), json!({"id": "exp-1", "value": value}));
        }
        record
    });
    prop::collection::vec(record, 1..7)
}

/// A repository with these records: some of them of another clone, the last without a note.
fn repository(records: &[Map<String, Value>]) -> (tempfile::TempDir, Repo) {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::create(folder.path(), "start").unwrap();
    add(&repo, records, 1);
    (folder, repo)
}

fn add(repo: &Repo, records: &[Map<String, Value>], first: usize) {
    let store = Store::new(repo).indexed(Index::Off);
    let head = repo.head().unwrap().commit;
    let mut lines = Vec::new();
    for (number, record) in records.iter().enumerate() {
        let number = number + first;
        let new = crate::git::object::NewCommit {
            tree: repo.tree_of(head).unwrap(),
            parents: &[head],
            message: &format!("snapshot {number}"),
            at: Timestamp::now(),
        };
        let snapshot = repo.write_commit(&new).unwrap();
        let site = if number % 3 == 2 { "lab/" } else { "" };
        let name = format!("refs/experiments/{site}exp-{number}");
        assert_eq!(repo.swap_ref(&name, snapshot, None, "x").unwrap(), Swap::Done);
        if number % 7 != 6 {
            lines.push((snapshot, Line::new(Timestamp::from_micros(number as i64), record.clone())));
        }
    }
    store.append_all(&lines).unwrap();
}

/// Both ways to the same answer; whether the index gave one.
fn agree(repo: &Repo, choice: &Choice) -> bool {
    let (quick, full) = (Store::new(repo), Store::new(repo).indexed(Index::Off));
    let told = |store: &Store<'_>| store.choose(choice).map_err(|error| format!("{error:#}"));
    assert_eq!(told(&quick), told(&full), "{choice:?}");
    quick.ask(&|index| index.choose(choice, 0)).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_chooses_what_reading_every_record_chooses(
        records in records(),
        more in records(),
        conditions in prop::collection::vec(exprs(), 24),
        limit in prop::option::of(0usize..4),
    ) {
        let (_folder, repo) = repository(&records);
        for round in 0..2 {
            let mut choices: Vec<Choice> = conditions.iter().map(|condition| Choice {
                condition: Some(condition.clone()), limit, ..Choice::default()
            }).collect();
            for name in NAMES {
                for direction in [Direction::Up, Direction::Down] {
                    choices.push(Choice { sort: Some((name.to_owned(), direction)), limit, ..Choice::default() });
                }
            }
            choices.push(Choice { tag: Some(String::new()), ..Choice::default() });
            choices.push(Choice { tag: Some("keep".to_owned()), status: vec![Status::Keep, Status::Crash], ..Choice::default() });
            let asked = choices.iter().filter(|choice| agree(&repo, choice)).count();
            prop_assert!(asked * 3 > choices.len(), "the index answered {asked} of {}", choices.len());
            let (quick, full) = (Store::new(&repo), Store::new(&repo).indexed(Index::Off));
            for goal in [Goal::Lower, Goal::Higher] {
                let without_counts = |store: &Store<'_>| {
                    let leaders = store.leaders(goal, None).unwrap().into_iter();
                    leaders.map(|leader| (leader.id, leader.tag, leader.value, leader.hardware)).collect::<Vec<_>>()
                };
                prop_assert_eq!(without_counts(&quick), without_counts(&full));
            }
            prop_assert_eq!(quick.unfinished().unwrap(), full.unfinished().unwrap());
            prop_assert_eq!(quick.beaten(None).unwrap(), full.beaten(None).unwrap());
            for tag in ["", "keep", "8"] {
                prop_assert_eq!(quick.histories(&[tag]).unwrap(), full.histories(&[tag]).unwrap());
                prop_assert_eq!(quick.first_sealed(tag).unwrap(), full.first_sealed(tag).unwrap());
                let id = "exp-1".parse().unwrap();
                prop_assert_eq!(quick.crashes_before(tag, &id).unwrap(), full.crashes_before(tag, &id).unwrap());
            }
            prop_assert_eq!(quick.highest_number().unwrap(), full.highest_number().unwrap());
            if round == 0 {
                add(&repo, &more, 20);
            }
        }
    }
}

#[test]
fn a_condition_with_a_name_that_means_several_things_is_answered_by_the_first() {
    let record = |value: Value| value.as_object().unwrap().clone();
    let (_folder, repo) = repository(&[
        record(json!({"loss": 1, "metrics": {"loss": 2}})),
        record(json!({"metrics": {"loss": 2}})),
        record(json!({"loss": null, "metrics": {"loss": 2}})),
    ]);
    let store = Store::new(&repo);
    let found = |text: &str| {
        let choice =
            Choice { condition: Some(crate::model::query::parse(text).unwrap()), ..Choice::default() };
        // Null hides the metric there, which the index leaves to the records.
        assert!(!agree(&repo, &choice));
        store
            .choose(&choice)
            .unwrap()
            .found
            .iter()
            .map(|found| found.stored.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("loss = 1"), ["exp-1"]);
    assert_eq!(found("loss = 2"), ["lab/exp-2"]);
    assert_eq!(found("loss is null"), ["exp-3"]);
}

#[test]
fn the_index_is_asked_and_not_only_there() {
    let record = json!({"status": "keep", "value": 1.0, "tag": "t"}).as_object().unwrap().clone();
    let (_folder, repo) = repository(&[record]);
    assert_eq!(Store::new(&repo).ask(&|index| index.count("SELECT count(*) FROM entry", &[])), Some(1));
    assert_eq!(Store::new(&repo).indexed(Index::Off).ask(&|_| Ok(())), None);
}

#[test]
fn an_answer_about_results_is_kept_until_something_is_recorded() {
    let fields =
        |value: f64| json!({"status": "keep", "value": value, "tag": "t"}).as_object().unwrap().clone();
    let (_folder, repo) = repository(&[fields(1.0)]);
    let (store, asked) = (Store::new(&repo), Cell::new(0));
    let ask = || {
        let how_many = store.ask_of_results("how many", &|index| {
            asked.set(asked.get() + 1);
            index.count("SELECT count(*) FROM entry WHERE value IS NOT NULL", &[])
        });
        (how_many, asked.get())
    };
    assert_eq!(ask(), (Some(1), 1));
    let snapshot = repo.head().unwrap().commit;
    store.claim(snapshot).unwrap();
    // Of refs in tables it does not show which have changed.
    let times = if repo.has_ref_files() { 1 } else { 2 };
    assert_eq!(ask(), (Some(1), times), "one was begun, which changes no result");
    assert_eq!(store.ask_of_results("how many more", &|_| Ok(7)), Some(7), "another question");
    store.append(snapshot, fields(2.0)).unwrap();
    assert_eq!(ask(), (Some(2), times + 1));
    Store::new(&repo).append(snapshot, fields(3.0)).unwrap();
    assert_eq!(ask().1, times + 2, "another process has recorded something");
}
