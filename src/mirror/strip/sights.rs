//! Private paths that texts name.

use crate::mirror::policy::terms::Policy;

/// What stands around a path in a sentence and is no part of it.
const AROUND: &[u8] = b"'\"`()[]<>{},;:!?*";

/// The first private path that a text names: a word with a slash, or with a dot in it, that the policy takes for private.
/// A folder is named with the slash behind it; addresses are no paths.
pub fn private_path(policy: &Policy, text: &[u8]) -> Option<String> {
    let words = text.split(|byte| byte.is_ascii_whitespace() || AROUND.contains(byte));
    let named = words.map(bare).find(|word| is_private(policy, word))?;
    Some(String::from_utf8_lossy(named).into_owned())
}

fn is_private(policy: &Policy, word: &[u8]) -> bool {
    if word.starts_with(b"//") || !word.iter().any(|byte| matches!(byte, b'/' | b'.')) {
        return false;
    }
    match word.strip_suffix(b"/") {
        // What lies in a folder is private, not its name.
        Some(folder) => !folder.is_empty() && policy.is_private(&[folder, b"/x"].concat()),
        None => policy.is_private(word),
    }
}

/// A word without the full stop of its sentence, and without what leads to the top.
fn bare(word: &[u8]) -> &[u8] {
    let end = word.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let word = &word[..end];
    word.strip_prefix(b"./").unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::policy::file::File;

    #[test]
    fn a_path_is_found_as_a_word_and_neither_an_address_nor_a_plain_word_is_one() {
        let policy = "[paths]\nprivate = [\"plans/\"]\nexcept = [\"private/README.md\"]\n";
        let policy = Policy::join(Some(File::read("policy", policy).unwrap()), &[]).unwrap();
        for (text, found) in [
            ("As in private/plan.md: widen it\n", Some("private/plan.md")),
            ("See `./plans/q3`.", Some("plans/q3")),
            ("moved out of private/.", Some("private/")),
            ("(gx.local.toml)", Some("gx.local.toml")),
            ("in Private/Plan.md", Some("Private/Plan.md")),
            ("keep it private. Make plans", None),
            ("see private/README.md", None),
            ("https://git.example/private/plan.md", None),
            ("and/or e.g. src/private.rs", None),
        ] {
            assert_eq!(private_path(&policy, text.as_bytes()).as_deref(), found, "{text}");
        }
    }
}
