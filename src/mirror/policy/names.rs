//! Patterns in which `*` stands for anything: names of refs, addresses.

/// Whether a pattern means a name.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether any pattern means a name in whatever case it is written: for what forbids, since two refs that differ by
/// case alone are one where refs are files.
pub fn matches_any_case(patterns: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    patterns.iter().any(|pattern| matches(&pattern.to_lowercase(), &name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_the_rest_for_itself() {
        for (pattern, name, expected) in [
            ("refs/heads/*", "refs/heads/a/b", true),
            ("refs/heads/*", "refs/heads", false),
            ("refs/heads/*-wip", "refs/heads/a-wip", true),
            ("refs/heads/*-wip", "refs/heads/-wi", false),
            ("*/x*y*", "refs/x/y/z", true),
            ("refs/stash", "refs/stash", true),
            ("refs/stash", "refs/stash2", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(matches_any_case(&["refs/notes/*".to_owned()], "refs/Notes/x"));
    }
}
