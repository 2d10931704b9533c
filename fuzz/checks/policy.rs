//! Whatever stands in a policy file: it is understood, or the error names a line of it; and pushed, it loosens nothing.

use gx::error::{Exit, tell};
use gx::mirror::policy::file::File;
use gx::mirror::policy::terms::Policy;

/// Panics where the reading breaks one of its promises.
pub fn check(written: &[u8]) {
    let Ok(text) = std::str::from_utf8(written) else { return };
    let read = File::read("policy.toml", text).and_then(|file| file.check().map(|()| file));
    let file = match read {
        Ok(file) => file,
        Err(error) => {
            let told = tell(&error);
            let rest = told.message.strip_prefix("policy.toml:").unwrap_or_default();
            let line: Option<usize> = rest.split_once(':').and_then(|(line, _)| line.parse().ok());
            assert!(
                line.is_some_and(|line| (1..=text.lines().count() + 1).contains(&line)),
                "{}",
                told.message
            );
            assert_eq!(told.exit, Exit::Usage);
            return;
        }
    };
    // Making all patterns takes its time.
    if !written.len().is_multiple_of(32) {
        return;
    }
    let Ok(policy) = Policy::join(None, &[file]) else { return };
    assert!(policy.is_private(b"private/plan.md") && policy.is_never(b".env"), "{text}");
    assert!(
        policy.is_denied_ref("refs/experiments/exp-1") && !policy.may_delete("refs/heads/main"),
        "{text}"
    );
    assert!(policy.file.allow.is_empty() && policy.file.submodules.public_urls.is_empty(), "{text}");
}
