//! Isolated runs that can never start.

use serde_json::json;

use crate::support::Lab;

#[test]
fn a_run_whose_checkout_cannot_be_made_ends_as_a_crash_that_says_why() {
    let lab = Lab::new().with("GX_RUN_LINK", "README.md");
    let told = lab.run("borrow what Git tracks", &["--isolated"]).exits(12).json();
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("its checkout could not be made: ") && reason.contains("README.md"),
        "{reason}"
    );
    assert_eq!(lab.record("exp-1")["status"], json!("crash"));
    assert_eq!(lab.gx(&["wait", "--all"]).exits(0).stdout, "nothing waits or runs\n");
}
