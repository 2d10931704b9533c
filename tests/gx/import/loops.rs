//! A loop shaped like a real session: nothing but gx is needed, and its table tells the same.

use crate::support::Lab;

/// One row of the real session, as the trainer will reproduce it.
struct Idea<'a> {
    value: &'a str,
    status: &'a str,
    description: &'a str,
}

fn ideas(table: &str) -> Vec<Idea<'_>> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Idea { value: cells[1], status: cells[3], description: cells[4] }
        })
        .collect()
}

/// What a table says beside commits and memory.
fn told(table: &str) -> Vec<(String, String, String)> {
    let owned = |idea: Idea<'_>| (idea.value.to_owned(), idea.status.to_owned(), idea.description.to_owned());
    ideas(table).into_iter().map(owned).collect()
}

#[test]
fn thirty_experiments_need_no_other_git_command_and_end_as_the_real_ones_did() {
    let lab = Lab::new();
    let table = Lab::fixture("results-mar8.tsv");
    let head: String = table.lines().take(31).map(|line| format!("{line}\n")).collect();
    let mut best = f64::INFINITY;
    for (number, idea) in ideas(&head).iter().enumerate() {
        lab.write("train.py", format!("{}\n# {number}\n", idea.value));
        let trainer = match idea.status {
            "crash" => "exit 1",
            _ => "printf -- '---\\nval_bpb: %s\\n' \"$(head -n 1 train.py)\"",
        };
        let codes: &[i32] = match idea.status {
            "keep" => &[0],
            // The table has no word for a near miss.
            "discard" => &[10, 11],
            _ => &[12],
        };
        let flags = ["run", "--hypothesis", idea.description, "--", "sh", "-c", trainer];
        let told = lab.gx(&flags);
        assert!(codes.contains(&told.code.unwrap()), "{}: {told:#?}", idea.description);
        if idea.status == "keep" {
            best = idea.value.parse().unwrap();
        }
    }
    let exported = lab.gx(&["export", "tsv"]).exits(0).stdout;
    assert_eq!(told(&exported), told(&head));
    let shown = lab.gx(&["best", "--json"]).exits(0).json()["tags"][0]["value"].as_f64().unwrap();
    assert!((shown - best).abs() < 1e-9, "{shown} is not {best}");
    assert_eq!(lab.status(), "", "what was kept is committed, the rest is put back");
    lab.fsck();
}
