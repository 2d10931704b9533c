//! What to do about a file that may not leave, as commands that can be pasted.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::rule::{Seen, Text};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// The commands that take a path out of the commits that have not left yet.
///
/// The first keeps the file in the work tree; the second goes through the older commits too, on the branch that is
/// checked out, and keeps what was under `refs/original/`.
pub fn drop_path(seen: &Seen<'_>, found: Finding) -> Finding {
    let path = quoted(seen.path.as_path());
    found
        .remedy(format!("git rm -r --cached -- {path} && git commit --amend --no-edit"))
        .remedy(filter_out(seen.commit, seen.path))
}

/// The command that takes a path out of a commit and of all that came after it.
///
/// `^@` is all parents, of a root commit none. `git filter-branch` runs its filter by `/bin/sh`, which need not know
/// `$'…'`: there `printf` makes odd bytes, with an `x` behind them, since the shell takes line feeds off the end.
pub fn filter_out(commit: ObjectId, path: &RepoPath) -> String {
    let remove = "git rm -rq --cached --ignore-unmatch --";
    let filter = if is_plain(path.as_bytes()) {
        format!("{remove} {}", quoted(path.as_path()))
    } else {
        let octal: String = path.as_bytes().iter().map(|byte| format!("\\{byte:03o}")).collect();
        format!("path=$(printf '{octal}x') && {remove} \"${{path%x}}\"")
    };
    format!("git filter-branch --index-filter {} -- HEAD --not {commit}^@", quoted(Path::new(&filter)))
}

/// The command that brings here what is missing. A partial clone would leave it on the other side again without
/// `--no-filter` (git-fetch(1)), and the remote of the branch need not be the one that has it.
pub fn bring(repo: &Repo) -> String {
    let remote = repo.promisors().ok().and_then(|remotes| remotes.into_iter().next());
    let remote = remote.map(|remote| format!(" {remote}")).unwrap_or_default();
    format!("git fetch --refetch --no-filter{remote}")
}

/// Whether it can stand between single quotes.
fn is_plain(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(|byte| *byte < b' ' || *byte == 0x7f)
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

/// What to do about something that everybody has: no commit that is out is made anew, since that takes nothing back and
/// parts this clone from all others.
pub fn of_published(name: &str, remedies: &[String]) -> Vec<String> {
    let name = quoted(Path::new(name));
    let first = [
        "it is out already: what is secret in it must be made anew".to_owned(),
        format!("gx guard learn {name}  # what is out there stops no push any more"),
    ];
    let rewrites = ["git ", "make the tag anew", "take the lines out"];
    let is_kept = |remedy: &&String| !rewrites.iter().any(|word| remedy.starts_with(word));
    first.into_iter().chain(remedies.iter().filter(is_kept).cloned()).collect()
}

/// From where on a rebase makes a commit anew.
pub fn from(case: &Case<'_>, commit: ObjectId) -> String {
    if is_root(case, commit) { "--root".to_owned() } else { format!("{commit}~") }
}

fn is_root(case: &Case<'_>, commit: ObjectId) -> bool {
    case.repo.parents(commit).is_ok_and(|parents| parents.is_empty())
}

/// A word for a POSIX shell; of odd bytes in the `$'…'` form that bash, zsh and POSIX 2024 read.
pub fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain(bytes) => format!("'{}'", text.replace('\'', r"'\''")),
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

    use crate::process::command::Program;

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

    #[test]
    fn a_path_of_any_bytes_is_taken_out_of_a_root_commit_by_what_is_pasted() {
        let folder = tempfile::tempdir().unwrap();
        let run = |program: &str, words: &[&str]| {
            let told = Program::new(program).args(words).dir(folder.path());
            let told = told.env("GIT_CONFIG_GLOBAL", "/dev/null").env("FILTER_BRANCH_SQUELCH_WARNING", "1");
            String::from_utf8_lossy(&told.run().unwrap()).trim().to_owned()
        };
        run("git", &["init", "-q", "-b", "main"]);
        run("git", &["config", "user.name", "Ada"]);
        run("git", &["config", "user.email", "ada@lab.example"]);
        for name in [&b"it's.pem"[..], b"tab\t.pem", b"end\n", b"\xff\\.pem", b"$x.pem"] {
            std::fs::write(folder.path().join(OsStr::from_bytes(name)), "x\n").unwrap();
            std::fs::write(folder.path().join("kept"), name).unwrap();
            run("git", &["checkout", "-q", "--orphan", "new"]);
            run("git", &["add", "-A"]);
            run("git", &["commit", "-q", "-m", "root"]);
            run("git", &["commit", "-q", "-m", "second", "--allow-empty"]);
            let root = run("git", &["rev-list", "--max-parents=0", "HEAD"]).parse().unwrap();
            run("sh", &["-c", &filter_out(root, &RepoPath::new(name))]);
            assert_eq!(run("git", &["ls-tree", "-r", "--name-only", "HEAD"]), "kept");
            run("git", &["reset", "-q", "--hard"]);
            run("git", &["clean", "-fdqx"]);
            run("git", &["checkout", "-q", "--detach"]);
            run("git", &["branch", "-D", "new"]);
            run("git", &["update-ref", "-d", "refs/original/refs/heads/new"]);
        }
    }
}
