//! How Git marks conflicts in files.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::path::RepoPath;

/// The signs of a marker, where no attribute says otherwise (`xdiff.h`, DEFAULT_CONFLICT_MARKER_SIZE).
const MARKER_SIZE: usize = 7;

impl Repo {
    /// How long the signs are with which Git marks conflicts in each of these files (`gitattributes(5)`,
    /// conflict-marker-size).
    ///
    /// # Errors
    /// Git cannot be asked.
    pub fn marker_sizes(&self, paths: &[RepoPath]) -> Result<Vec<usize>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<u8> = paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        let ask = self.git().args(["check-attr", "-z", "--stdin", "conflict-marker-size"]);
        let told = ask.input(asked).run()?;
        let mut sizes: Vec<usize> = Vec::new();
        for value in told.split(|byte| *byte == 0).skip(2).step_by(3) {
            let size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            sizes.push(size.filter(|size| *size > 0).unwrap_or(MARKER_SIZE));
        }
        sizes.resize(paths.len(), MARKER_SIZE);
        Ok(sizes)
    }
}
