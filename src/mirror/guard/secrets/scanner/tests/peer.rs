//! The same texts through gitleaks itself, where it is installed.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::mirror::guard::secrets::scanner::tests::corpus::corpus;
use crate::mirror::guard::secrets::scanner::tests::found::scanner;
use crate::mirror::guard::secrets::scanner::tests::look_alikes::look_alikes;
use crate::process::command::Program;

#[test]
fn what_gitleaks_finds_is_found_by_the_same_rules() {
    let folder = tempfile::tempdir().unwrap();
    let mut texts: Vec<(String, String)> = Vec::new();
    for seed in 1..=3 {
        texts.extend(
            corpus(seed)
                .into_iter()
                .enumerate()
                .map(|(at, (_, _, planted))| (format!("{seed}-{at}.txt"), planted.text)),
        );
        texts.extend(
            look_alikes(seed)
                .into_iter()
                .enumerate()
                .map(|(at, (_, text))| (format!("like-{seed}-{at}.txt"), text)),
        );
    }
    for (name, text) in &texts {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let report = folder.path().join("report.json");
    let ran = Program::new("gitleaks")
        .args(["dir", "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path"])
        .arg(&report)
        .arg(folder.path())
        .run();
    if let Err(error) = ran {
        eprintln!("SKIPPED: gitleaks cannot be asked: {error:#}");
        return;
    }
    let told: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let theirs: BTreeSet<(String, String, String)> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let file = word(finding, "File").rsplit('/').next().unwrap_or_default().to_owned();
            (file, word(finding, "RuleID"), word(finding, "Secret"))
        })
        .collect();
    let mut ours = BTreeSet::new();
    for (name, text) in &texts {
        for hit in scanner().scan(name.as_bytes(), text.as_bytes()) {
            ours.insert((
                name.clone(),
                hit.rule.to_string(),
                String::from_utf8_lossy(&hit.secret).into_owned(),
            ));
        }
    }
    assert!(theirs.len() > 100, "{}", theirs.len());
    let missed: Vec<_> = theirs.difference(&ours).collect();
    let more: Vec<_> = ours.difference(&theirs).filter(|(_, rule, _)| !rule.starts_with("gx-")).collect();
    // Where a rule of ours knows better, the generic one gives way.
    let missed: Vec<_> = missed.into_iter().filter(|(_, rule, _)| rule != "generic-api-key").collect();
    assert!(missed.is_empty() && more.is_empty(), "missed: {missed:#?}\nmore: {more:#?}");
}
