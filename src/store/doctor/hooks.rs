//! Hooks of the user's that Git passes over, or that cost gx much.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::git::hooks::MARK;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let mut found = Vec::new();
    let configured = ground.repo.setting("core.hooksPath").map(|path| ground.repo.work_dir().join(path));
    if let Some(path) = configured.as_ref().filter(|path| !path.is_dir()) {
        let told = format!("`core.hooksPath` names {}, which is no folder", path.display());
        found.push(
            Finding::warning(told, "no hook of this repository runs")
                .mend("git config --unset core.hooksPath"),
        );
    }
    let folder = configured.unwrap_or_else(|| ground.repo.common_dir().join("hooks"));
    let mut hooks: Vec<PathBuf> =
        fs::read_dir(&folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    // Those of `git init` end in `.sample`.
    hooks.retain(|path| path.is_file() && path.extension().is_none());
    hooks.sort();
    for hook in hooks {
        let is_executable = fs::metadata(&hook).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
        if !is_executable {
            let told = format!("the hook {} is not executable", hook.display());
            found
                .push(Finding::note(told, "Git passes it over").mend(format!("chmod +x {}", hook.display())));
        } else if hook.ends_with("reference-transaction") && !is_own(&hook) {
            let told = format!("there is a hook {}", hook.display());
            let why = "Git calls it for every ref of a push, a fetch or a packing: with many experiments that is slow";
            found.push(Finding::warning(told, why).mend(format!("head {}", hook.display())));
        }
    }
    Ok(found)
}

/// Whether it is the one that gx puts in, which costs a shell and asks gx only where a remote's ref has moved.
fn is_own(hook: &Path) -> bool {
    fs::read_to_string(hook).is_ok_and(|text| text.lines().nth(1).is_some_and(|line| line.starts_with(MARK)))
}
