//! In which formats the repositories of the labs are, and which engine reads them: `GX_TEST_FORMAT`, `GX_TEST_ENGINE`.

use std::env;

/// What every call gets, so that `git init` and `gx demo` make repositories of the format that is tested.
pub fn environment() -> Vec<(&'static str, &'static str)> {
    let mut set = Vec::new();
    let format = env::var("GX_TEST_FORMAT").unwrap_or_default();
    for word in format.split('-').filter(|word| !word.is_empty()) {
        set.extend(match word {
            "sha256" => [("GIT_DEFAULT_HASH", "sha256")],
            "reftable" => [("GIT_DEFAULT_REF_FORMAT", "reftable")],
            other => panic!("GX_TEST_FORMAT knows sha256, reftable and sha256-reftable, not `{other}`"),
        });
    }
    if !format.is_empty() {
        // Nothing may rest on finding a bare repository that nobody has named.
        set.extend([
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.bareRepository"),
            ("GIT_CONFIG_VALUE_0", "explicit"),
        ]);
    }
    match env::var("GX_TEST_ENGINE").unwrap_or_default().as_str() {
        "" => {}
        "git2" => set.push(("GX_GIT_ENGINE", "git2")),
        "program" => set.push(("GX_GIT_ENGINE", "program")),
        other => panic!("GX_TEST_ENGINE knows git2 and program, not `{other}`"),
    }
    set
}

/// Whether refs lie in files, for tests that look at these; says so where they do not.
pub fn has_ref_files() -> bool {
    let has = !env::var("GX_TEST_FORMAT").unwrap_or_default().contains("reftable");
    if !has {
        eprintln!("SKIPPED: refs lie in tables");
    }
    has
}
