//! What to do about a file that may not leave, as commands that can be pasted.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::rule::Seen;

/// The commands that take a path out of the commits that have not left yet.
///
/// The first keeps the file in the work tree; the second goes through the older commits too, on the branch that is
/// checked out, and keeps what was under `refs/original/`.
pub fn drop_path(seen: &Seen<'_>, found: Finding) -> Finding {
    let path = quoted(seen.path.as_path());
    let first = seen.commit;
    found.remedy(format!("git rm -r --cached -- {path} && git commit --amend --no-edit")).remedy(format!(
        "git filter-branch --index-filter {} -- {first}~..HEAD",
        quoted(Path::new(&format!("git rm -rq --cached --ignore-unmatch -- {path}")))
    ))
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
