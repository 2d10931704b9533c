//! The scripts of the hooks: short, for any POSIX shell, and gx does the work.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::git::hooks::MARK;

/// What is kept beside a hook of gx's: the hook that was there before.
pub const CHAINED: &str = ".gx-chained";

/// Raised with every change of a script, so that people see which one they have; gx compares the whole text.
const VERSION: u32 = 4;

/// The hooks that gx puts in.
pub const HOOKS: [&str; 2] = ["pre-push", "reference-transaction"];

/// How the line begins that names the gx that is called.
const GX: &[u8] = b"gx=";

/// Stops the push where there is no gx: what nobody looks at must not leave.
const PRE_PUSH: &str = r#"[ -x "$gx" ] || gx=$(command -v gx) || {
  echo 'gx guard: there is no gx here that could look at this push, so it is stopped' >&2
  echo 'gx guard: put gx on the PATH, and then: gx guard install' >&2
  exit 1
}
exec "$gx" hook pre-push --script "$0" -- "$@"
"#;

/// Costs a shell for each step of a transaction and no other program where one ref has moved to what was just let pass: a
/// push moves its refs one by one. gx is started only where a ref of a remote has moved to something that the guard has
/// not let pass.
///
/// Without gx nothing is stopped: the ref has moved, and Git must go on.
const REFERENCE_TRANSACTION: &str = r#"old=${0%/*}/reference-transaction.gx-chained
if [ -x "$old" ]; then
  [ -x "$gx" ] || gx=$(command -v gx) || exec "$old" "$@"
  exec "$gx" hook reference-transaction --script "$0" -- "$1"
fi
[ "$1" = committed ] || exit 0
IFS= read -r moved || exit 0
if IFS= read -r next; then
  moved=$({ printf '%s\n%s\n' "$moved" "$next" && cat; } | LC_ALL=C grep ' refs/remotes/') || exit 0
fi
case $moved in
*"
"*) ;;
*' refs/remotes/'*)
  id=${moved#* }
  id=${id%% *}
  for at in "$GIT_DIR" "${0%/*}/.."; do
    [ -e "$at/gx/guard/lately/$id" ] && exit 0
  done
  for at in "$GIT_DIR" "${0%/*}/.."; do
    [ -e "$at/gx/guard/passed" ] && LC_ALL=C grep -qsF "$id" "$at/gx/guard/passed" && exit 0
  done
  ;;
*) exit 0 ;;
esac
[ -x "$gx" ] || gx=$(command -v gx) || exit 0
printf '%s\n' "$moved" | "$gx" hook reference-transaction --script "$0" -- "$1"
"#;

/// The script of a hook that calls this gx, else the one on PATH.
pub fn script(hook: &str, gx: &Path) -> Vec<u8> {
    let body = if hook == "pre-push" { PRE_PUSH } else { REFERENCE_TRANSACTION };
    let mut text = format!("#!/bin/sh\n{MARK}, script {VERSION}: what leaves is looked at first; `gx guard install --uninstall` takes this away\n")
        .into_bytes();
    text.extend(GX);
    text.extend(quoted(gx.as_os_str().as_bytes()));
    text.push(b'\n');
    text.extend(body.as_bytes());
    text
}

/// The same whatever gx it calls: two of one gx's scripts are equal, wherever that lay when it wrote them.
pub fn without_path(script: &[u8]) -> Vec<u8> {
    let lines = script.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(GX)).collect::<Vec<_>>().concat()
}

/// Whether a hook is gx's own.
pub fn is_own(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(MARK.as_bytes()))
}

/// A word of the shell.
fn quoted(word: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' => out.extend(*b"'\\''"),
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_known_again_and_a_path_with_quotes_stays_one_word() {
        let made = script("pre-push", Path::new("/o'hara/gx"));
        assert!(is_own(&made) && !is_own(b"#!/bin/sh\necho\n") && !is_own(b""));
        assert!(String::from_utf8(made).unwrap().contains("gx='/o'\\''hara/gx'\n"));
    }

    #[test]
    fn scripts_of_one_gx_are_the_same_wherever_it_lies_and_any_other_word_tells() {
        for hook in HOOKS {
            let [one, other] = ["/bin/gx", "/opt/gx"].map(|gx| script(hook, Path::new(gx)));
            assert_ne!(one, other);
            assert_eq!(without_path(&one), without_path(&other));
            let changed = String::from_utf8(one.clone()).unwrap().replace(" -- ", " --first x -- ");
            assert_ne!(without_path(changed.as_bytes()), without_path(&one), "{hook}");
        }
    }
}
