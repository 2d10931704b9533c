//! The hook that was there before: it runs after the guard, with the same words and the same input.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::mirror::hook::script::CHAINED;
use crate::process::command::Program;

/// Shells in which a script can be read by another that keeps its `$0`.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "ksh"];

/// Runs the hook that is kept beside `script`, and gives its exit code; 0 where there is none, or none that Git would
/// have run.
///
/// # Errors
/// It cannot be started: then nobody knows what it would have said.
pub fn run(script: &Path, arguments: &[OsString], input: &[u8]) -> Result<u8> {
    let kept = kept(script);
    let is_run =
        fs::metadata(&kept).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    if !is_run {
        return Ok(0);
    }
    let text = fs::read(&kept).unwrap_or_default();
    let program = match shell(&String::from_utf8_lossy(&text)) {
        // One that looks at its own name, as those of husky do, is to find the one it had.
        Some(shell) => Program::new(shell).args(["-c", ". \"$0.gx-chained\""]).arg(called(script)),
        None => Program::new(called(&kept)),
    };
    let ended = program.args(arguments).input(input.to_vec()).inherit_output().output()?;
    Ok(ended.status.code())
}

/// Where the hook that was there before is kept.
pub fn kept(script: &Path) -> PathBuf {
    let mut name = script.as_os_str().to_owned();
    name.push(CHAINED);
    PathBuf::from(name)
}

/// With a slash, so that neither the shell nor the system looks for it on PATH.
fn called(script: &Path) -> PathBuf {
    if script.components().count() > 1 { script.to_path_buf() } else { Path::new(".").join(script) }
}

/// The shell of a script that asks for its own name.
fn shell(text: &str) -> Option<&str> {
    let line = text.lines().next()?.strip_prefix("#!")?.trim();
    let mut words = line.split_whitespace();
    let mut program = words.next()?;
    if program.ends_with("/env") {
        program = words.next()?;
    }
    let name = program.rsplit('/').next()?;
    (words.next().is_none() && SHELLS.contains(&name) && text.contains("$0")).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_shell_scripts_that_ask_for_their_name_are_read_by_a_shell() {
        assert_eq!(shell("#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n"), Some("sh"));
        assert_eq!(shell("#!/bin/bash\nbasename $0\n"), Some("/bin/bash"));
        for other in
            ["#!/bin/sh\nexit 1\n", "#!/bin/sh -e\necho $0\n", "#!/usr/bin/python3\n$0\n", "\x7fELF", ""]
        {
            assert_eq!(shell(other), None, "{other}");
        }
    }
}
