//! What can be the name of a branch, by the rules of git-check-ref-format(1).

use crate::git::repo::Repo;

impl Repo {
    /// Whether a text can be the name of a branch.
    pub fn is_branch_name(&self, name: &str) -> bool {
        is_branch_name(name)
    }
}

fn is_branch_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_bad = |letter: char| {
        letter.is_ascii_control() || matches!(letter, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    !name.starts_with('-')
        && name != "HEAD"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.contains(is_bad)
        && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::is_branch_name;
    use crate::process::command::Program;

    #[test]
    fn git_itself_says_the_same() {
        let names = [
            "a",
            "a/b",
            "autoresearch/mar5",
            "-a",
            "a-",
            "@",
            "a@",
            "@a",
            "a@{b",
            "a..b",
            "a.",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a/",
            "/a",
            "a//b",
            "a b",
            "a~",
            "a^",
            "a:",
            "a?",
            "a*",
            "a[",
            "a]",
            "a\\b",
            "a\tb",
            "ü",
            "HEAD",
            "",
        ];
        for name in names {
            let told = Program::new("git").args(["check-ref-format", "--branch", name]).output().unwrap();
            // `--branch` says what `@` and `@{-1}` stand for; of HEAD it only says so in newer versions.
            let expected = told.status.success() && !matches!(name, "@" | "HEAD");
            assert_eq!(is_branch_name(name), expected, "{name:?}");
        }
    }
}
