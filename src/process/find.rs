//! Finding the program that a command names, before anything is written on its behalf, and the one that this is.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::error::fault;

/// The file that `program` names when started in `dir`: a path as it is, a bare name along `PATH`.
///
/// # Errors
/// There is none, or it may not be executed.
pub fn program(program: &OsStr, dir: &Path) -> Result<PathBuf> {
    let shown = program.to_string_lossy();
    if shown.contains('/') {
        let path = dir.join(program);
        return match path.metadata() {
            Ok(meta) if meta.is_file() && meta.permissions().mode() & 0o111 != 0 => Ok(path),
            Ok(meta) if meta.is_dir() => {
                Err(fault(format!("`{shown}` is a folder")).hint("name a program in it").into())
            }
            Ok(_) => Err(fault(format!("`{shown}` cannot be executed"))
                .hint(format!("`chmod +x {shown}`, or name its interpreter: `gx run … -- python3 {shown}`"))
                .into()),
            Err(_) => Err(fault(format!("there is no program `{shown}`")).hint("check the path").into()),
        };
    }
    let places = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&places).map(|folder| folder.join(program)).find(|path| {
        path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    });
    found.ok_or_else(|| {
        fault(format!("there is no program `{shown}` on PATH"))
            .hint(
                "install it, or give the command after `--`: `gx run --hypothesis \"…\" -- python3 train.py`",
            )
            .into()
    })
}

/// The program that this process runs, to be started again.
pub fn myself() -> PathBuf {
    // After an update the path is that of another version, or of none; the kernel still has this one.
    let path = env::current_exe().ok().filter(|path| path.exists());
    path.unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_along_path_and_by_path() {
        assert!(program(OsStr::new("sh"), Path::new("/")).is_ok());
        assert!(program(OsStr::new("./sh"), Path::new("/bin")).is_ok());
        let missing = program(OsStr::new("no-such-program"), Path::new("/")).unwrap_err();
        assert_eq!(missing.to_string(), "there is no program `no-such-program` on PATH");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.py"), "").unwrap();
        let error = program(OsStr::new("./x.py"), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "`./x.py` cannot be executed");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_whose_file_is_gone_can_still_be_started_again() {
        const GONE: &str = "GX_TEST_GONE";
        if let Some(file) = env::var_os(GONE) {
            assert_eq!(myself(), Path::new(&file));
            std::fs::remove_file(file).unwrap();
            assert!(std::process::Command::new(myself()).arg("--list").output().unwrap().status.success());
            return;
        }
        let this = env::current_exe().unwrap();
        let dir = tempfile::tempdir_in(this.parent().unwrap()).unwrap();
        let file = dir.path().canonicalize().unwrap().join("gx");
        std::fs::hard_link(this, &file).unwrap();
        let name = "process::find::tests::a_program_whose_file_is_gone_can_still_be_started_again";
        let mut again = std::process::Command::new(&file);
        assert!(again.args(["--exact", name]).env(GONE, &file).status().unwrap().success());
        assert!(!file.exists(), "the test of the copy did not run");
    }
}
