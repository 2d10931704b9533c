//! `gx demo`: a lab that truly learns.

use serde::Deserialize;

use crate::support::Lab;

#[derive(Deserialize)]
struct Series {
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    hypothesis: String,
    expect: String,
}

#[test]
fn the_demo_plays_its_series_and_every_edit_ends_as_expected() {
    let lab = Lab::bare_folder().with_configured_cards();
    let told = lab.gx(&["demo"]).exits(0);
    let demo = lab.path("gx-demo");
    let listed = lab.gx(&["-C", "gx-demo", "ls", "--json"]).exits(0).json();
    let rows = listed["experiments"].as_array().unwrap();
    let ended: Vec<_> = rows
        .iter()
        .map(|row| {
            (row["hypothesis"].as_str().unwrap().to_owned(), row["status"].as_str().unwrap().to_owned())
        })
        .collect();
    let series: Series = toml::from_str(&Lab::fixture("demo/series.toml")).unwrap();
    let expected: Vec<_> = series.edit.into_iter().map(|edit| (edit.hypothesis, edit.expect)).collect();
    assert_eq!(ended, expected);
    assert!(expected.len() >= 8);
    for kind in ["keep", "near-miss", "discard", "crash", "timeout"] {
        assert!(expected.iter().any(|(_, status)| status == kind), "the series has a {kind}");
    }
    for command in ["$ gx ls\n", "$ gx best\n", "$ gx near\n", "$ gx diff exp-1 ", "# what to try next"] {
        assert!(told.stdout.contains(command), "{command} in {}", told.stdout);
    }
    let status = lab.git(&["-C", demo.to_str().unwrap(), "status", "--porcelain"]);
    assert_eq!(status, "");
    let fsck = ["-C", demo.to_str().unwrap(), "fsck", "--strict", "--no-dangling"];
    lab.git(&fsck);
}
