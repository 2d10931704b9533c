//! What conditions match, what is said about wrong ones, and that no text does harm.

use super::*;
use crate::error::{Exit, tell};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn now() -> i64 {
    "2026-03-10T00:00:00Z".parse::<Timestamp>().unwrap().as_microsecond()
}

fn holds(text: &str) -> bool {
    let record = json!({
        "status": "near-miss", "val_bpb": 0.9712, "depth": 8, "tainted": false, "error": null,
        "description": "Halve batch, 50% warmup", "loss": "nan", "tag": "8", "and": 1,
        "started": "2026-03-08T10:00:00.000000Z", "eval/acc": 0.5, "cards": [0, 1],
    });
    parse(text).unwrap().matches(&|name| record.get(name).cloned(), now())
}

#[test]
fn what_is_so_matches() {
    for text in [
        "val_bpb < 0.98 AND status = 'near-miss'",
        "val_bpb<0.98 and(depth>=8)and depth>-1",
        "depth == 8 and depth <> -9 and depth != 9 and depth <= 8.0",
        "depth = '8' and tag = 8 and tag = '8' and depth < '1e1'",
        "status in ('keep', \"near-miss\") and depth not in (1, 2)",
        "description like 'halve%' and description LIKE '%50_ W%'",
        "description not like '%seed%'",
        "error is null and absent Is Null and status is not null",
        "tainted = false and not tainted = true",
        "`and` = 1 and eval/acc = .5",
        "started > 2d ago and started > 48 Hours ago and started < 1 day ago and not started > 86400s ago",
        "started >= 2026-03-08 and started < 2026-03-09 and started = 2026-03-08T10:00Z",
        "started <= '2026-03-08T10:00:00Z' and started >= \"2026-03-08 11:00+01:00\"",
        "started < 2026-03-08T10:00:00.000001Z and started in (2026-03-08T10:00:00)",
        "depth != 'eight' and cards != 1 and loss != 1",
        "(depth = 1 or depth = 8) and val_bpb > 0",
        "depth = 1 and depth = 2 or depth = 8",
        "not (depth = 1 and absent = 1)",
        "absent = 1 or depth = 8",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_is_not_so_or_unknown_does_not_match() {
    for text in [
        "absent = 1",
        "not absent = 1",
        "absent != 1 or not absent < 1",
        "absent in (1)",
        "absent not in (1)",
        "absent not like '%'",
        "not (absent = 1 and depth = 8)",
        "not (absent = 1 or depth = 1)",
        "error = 'x' or not error = 'x'",
        "loss < 1 or loss > 1 or loss = 1 or not loss < 1",
        "depth < 'eight' or not depth < 'eight'",
        "cards like '%' or cards = 0 or cards in (0)",
        "started < 2d ago or started > 2026-03-09",
        "description > 2026-03-09 or depth > 2d ago",
        "status = 'NEAR-MISS'",
        "depth = 8 and depth = 1 or depth = 2",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn an_error_names_the_column_and_what_was_expected() {
    for (text, message) in [
        ("val_bpb <", "column 9: expected a value after `<`"),
        ("", "column 1: expected a field"),
        ("depth = 8 and", "column 11: expected a field after `and`"),
        ("status = keep", "column 10: expected a value, found `keep`: a text stands in quotes"),
        ("status = 'keep", "column 10: no ' closes this one"),
        ("é = 1", "column 1: `é` has no meaning here"),
        ("'é' = 1", "column 1: expected a field, found `é`"),
        ("depth ! 8", "column 7: `!` has no meaning here"),
        ("depth 8", "column 7: expected a comparison, `in`, `like` or `is`, found `8`"),
        ("depth not 8", "column 11: expected `in` or `like`, found `8`"),
        ("depth = 8 9", "column 11: expected `and`, `or` or the end, found `9`"),
        ("(depth = 8", "column 10: expected `)` after `8`"),
        ("depth in 8", "column 10: expected `(`, found `8`"),
        ("depth in ()", "column 11: expected a value, found `)`"),
        ("depth in (8", "column 11: expected `,` or `)` after `8`"),
        ("depth is 8", "column 10: expected `null`, found `8`"),
        ("depth = null", "column 9: nothing compares to null: write `is null`"),
        ("tag like 8", "column 10: expected a pattern in quotes, found `8`"),
        ("started > 2d", "column 11: `2d` is no number, no date and no time such as `2d ago`"),
        ("x > 2 moons ago", "column 5: `2` is no number, no date and no time such as `2d ago`"),
        ("x > 1e999", "column 5: `1e999` is no number, no date and no time such as `2d ago`"),
        ("x > 2026-13-08", "column 5: `2026-13-08` is no number, no date and no time such as `2d ago`"),
    ] {
        let told = tell(&parse(text).unwrap_err());
        assert_eq!(told.message, format!("--where, {message}"), "{text}");
        assert_eq!((told.exit, told.hints.len()), (Exit::Usage, 1));
    }
}

#[test]
fn deep_texts_are_refused_and_long_ones_are_read() {
    for text in ["(".repeat(100_000), "not ".repeat(100_000)] {
        let told = tell(&parse(&text).unwrap_err());
        assert!(told.message.ends_with("more than 64 levels of parentheses and `not`"), "{}", told.message);
    }
    assert!(holds(&format!("{}depth = 8{}", "(".repeat(64), ")".repeat(64))));
    assert!(holds(&format!("depth = 8{}", " and depth = 8".repeat(50_000))));
}

#[test]
fn the_example_in_the_hint_is_a_condition() {
    let hint = tell(&parse("").unwrap_err()).hints.remove(0);
    parse(hint.split('"').nth(1).unwrap()).unwrap();
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "\\PC{0,9}".prop_map(Literal::Text),
        proptest::num::f64::NORMAL.prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Flag),
        (0..4_000_000_000_000_000_i64)
            .prop_map(|micros| Literal::Time(Timestamp::from_microsecond(micros).unwrap())),
        (any::<u64>(), any::<bool>()).prop_map(|(seconds, days)| Literal::Ago {
            seconds: if days { seconds % 999 * 86_400 } else { seconds }
        }),
    ]
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    proptest::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn exprs() -> impl Strategy<Value = Expr> {
    let field = || "[a-zA-Z_][a-z0-9_./-]{0,6}|and|NULL|\\PC{0,5}";
    let leaf = prop_oneof![
        (field(), comparisons(), literals()).prop_map(|(field, how, to)| Expr::Compare { field, how, to }),
        (field(), proptest::collection::vec(literals(), 1..4))
            .prop_map(|(field, among)| Expr::In { field, among }),
        (field(), "\\PC{0,6}").prop_map(|(field, pattern)| Expr::Like { field, pattern }),
        field().prop_map(|field| Expr::IsNull { field }),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            inner.prop_map(not),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        any in "\\PC{0,40}",
        likely in "(x|and|or|not|in|like|is|null|ago|[(),'\"`<>=! ]|'a%'|[0-9]{1,4}[dhx]?|2026-03-08){0,15}",
        value in prop_oneof![Just(Value::Null), Just(json!(1)), Just(json!("1")), Just(json!("2026-03-08T10:00Z"))],
        now in any::<i64>(),
    ) {
        for text in [any, likely.clone(), likely.replace(')', ") ")] {
            if let Ok(expr) = parse(&text) {
                expr.matches(&|_| Some(value.clone()), now);
                prop_assert_eq!(parse(&expr.to_string()).unwrap(), expr);
            }
        }
    }

    #[test]
    fn a_printed_condition_reads_back_as_itself(expr in exprs()) {
        prop_assert_eq!(parse(&expr.to_string()).unwrap(), expr);
    }

    #[test]
    fn a_condition_and_its_opposite_never_both_match(expr in exprs(), value in any::<i32>()) {
        let row = |_: &str| Some(json!(value));
        prop_assert!(!(expr.matches(&row, now()) && not(expr.clone()).matches(&row, now())));
    }
}
