//! The pager of git's users.

use crate::process::command::Program;

/// The pager that git would use here, a shell command: `GIT_PAGER`, `core.pager`, `PAGER`, else `less`; nothing where
/// they want none.
pub fn pager() -> Option<String> {
    let told = Program::new("git").args(["var", "GIT_PAGER"]).run().ok()?;
    wanted(&String::from_utf8_lossy(&told))
}

/// A pager that somebody named: an empty one and `cat` mean none, as in git.
pub fn wanted(name: &str) -> Option<String> {
    let name = name.trim();
    (!name.is_empty() && name != "cat").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pager_and_cat_are_none() {
        assert_eq!(["", " ", "cat", "cat\n"].map(wanted), [None, None, None, None]);
        assert_eq!(wanted("less -S\n").as_deref(), Some("less -S"));
    }
}
