//! What to do about a file that may not leave, as commands that can be pasted.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::rule::{Seen, Text};
use crate::model::object::ObjectId;

/// The commands that take a path out of the commits that have not left yet.
///
/// The first keeps the file in the work tree; the second goes through the older commits too, on the branch that is
/// checked out, and keeps what was under `refs/original/`.
pub fn drop_path(case: &Case<'_>, seen: &Seen<'_>, found: Finding) -> Finding {
    let path = quoted(seen.path.as_path());
    let range =
        if is_root(case, seen.commit) { "HEAD".to_owned() } else { format!("{}~..HEAD", seen.commit) };
    let filter = quoted(Path::new(&format!("git rm -rq --cached --ignore-unmatch -- {path}")));
    found
        .remedy(format!("git rm -r --cached -- {path} && git commit --amend --no-edit"))
        .remedy(format!("git filter-branch --index-filter {filter} -- {range}"))
}

/// The commands that give a commit or tag another message, and leave out what no log shows.
pub fn reword(case: &Case<'_>, text: &Text<'_>, found: Finding) -> Finding {
    if !text.is_commit {
        return found.remedy("make the tag anew: `git tag -f -a NAME COMMIT`");
    }
    found
        .remedy("git commit --amend")
        .remedy(format!("git rebase --rebase-merges -i {} (and say `reword`)", from(case, text.id)))
}

/// The commands that give commits their author's public address.
pub fn reauthor(case: &Case<'_>, text: &Text<'_>, found: Finding) -> Finding {
    if !text.is_commit {
        return found.remedy("make the tag anew: `git -c user.email=PUBLIC tag -f -a NAME COMMIT`");
    }
    let amend = "git -c user.email=PUBLIC commit --amend --no-edit --reset-author";
    found
        .remedy("git config user.email PUBLIC")
        .remedy(format!("git rebase --rebase-merges --exec '{amend}' {}", from(case, text.id)))
}

/// From where on a rebase makes a commit anew.
fn from(case: &Case<'_>, commit: ObjectId) -> String {
    if is_root(case, commit) { "--root".to_owned() } else { format!("{commit}~") }
}

fn is_root(case: &Case<'_>, commit: ObjectId) -> bool {
    case.repo.parents(commit).is_ok_and(|parents| parents.is_empty())
}

/// A word for a POSIX shell; of odd bytes in the `$'…'` form that bash, zsh and POSIX 2024 read.
pub fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let is_odd = |byte: &u8| *byte < b' ' || *byte == 0x7f;
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.iter().any(is_odd) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let letters = bytes.iter().map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", *byte as char),
                b' '..=b'~' => (*byte as char).to_string(),
                _ => format!("\\{byte:03o}"),
            });
            format!("$'{}'", letters.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn a_path_is_one_word_for_the_shell_whatever_it_holds() {
        for (path, word) in [
            (&b"a b"[..], r"'a b'"),
            (b"it's", r"'it'\''s'"),
            (b"$(x)", r"'$(x)'"),
            (b"a\n'\xff", r"$'a\012\'\377'"),
        ] {
            assert_eq!(quoted(Path::new(OsStr::from_bytes(path))), word);
        }
    }
}
