//! Settings that keep Git's own answers readable beside thousands of refs.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::git::sparing::SETTINGS;

/// The setting that keeps refs out of decorations, see git-log(1).
const EXCLUDE: &str = "log.excludeDecoration";

/// The refs of gx that nobody wants to see beside every commit.
const OWN: [&str; 4] = ["refs/experiments/*", "refs/gx/*", "refs/artifacts/*", "refs/notes/experiment*"];

/// The refs of gx that these settings do not keep out of decorations yet.
pub fn missing_exclusions(settings: &[(String, String)]) -> Vec<&'static str> {
    let is_set = |own: &str| {
        settings
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case(EXCLUDE) && value.trim_end_matches('/') == own)
    };
    OWN.into_iter().filter(|own| !is_set(own)).collect()
}

impl Repo {
    /// Every setting of Git that applies here, lowest precedence first; names are in lower case but for their middle.
    pub fn all_settings(&self) -> Result<Vec<(String, String)>> {
        let told = self.git().args(["config", "--list", "--null"]).run()?;
        let entries = told.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        let text = |entry: &[u8]| String::from_utf8_lossy(entry).into_owned();
        let pair = |entry: String| match entry.split_once('\n') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            // A name without a value means yes.
            None => (entry, "true".to_owned()),
        };
        Ok(entries.map(text).map(pair).collect())
    }

    /// Keeps gx's refs out of the decorations of `git log`, in this repository's own settings; says which were added.
    pub fn quieten(&self) -> Result<Vec<&'static str>> {
        let missing = missing_exclusions(&self.all_settings()?);
        for own in &missing {
            self.git().args(["config", "--local", "--add", EXCLUDE, own]).run()?;
        }
        Ok(missing)
    }

    /// What `git fsck` finds, a sentence each; objects that merely nothing names are none.
    pub fn fsck(&self, contents: bool) -> Result<Vec<String>> {
        let how = if contents { "--full" } else { "--connectivity-only" };
        // Else it keeps every pack in memory as a whole, and 96 MiB of what it has unpacked.
        let program = self.git().args(SETTINGS);
        let output = program.args(["fsck", how, "--no-dangling", "--no-progress"]).output()?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let told: Vec<String> =
            said.lines().filter(|line| !line.starts_with("notice:")).map(str::to_owned).collect();
        Ok(if told.is_empty() { vec![format!("it ended with {}", output.status)] } else { told })
    }
}
