//! What Git itself says of its objects.

use anyhow::Result;

use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::{Depth, Ground};

/// So many of its sentences are told.
const FEW: usize = 3;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let sentences = lasting(|| ground.repo.fsck(ground.depth == Depth::Contents))?;
    if sentences.is_empty() {
        return Ok(Vec::new());
    }
    let more = sentences.len().saturating_sub(FEW);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let told = format!("git fsck: {}{more}", sentences[..sentences.len().min(FEW)].join("; "));
    let why = "code or records that rest on such an object cannot be read";
    let command =
        "git fsck --full, then fetch the object from another clone: git fetch --refetch --no-filter";
    Ok(vec![Finding::error(told, why).mend(command)])
}

/// What is said twice: git lists the objects before it follows the refs, and misses what was recorded in between.
fn lasting(mut look: impl FnMut() -> Result<Vec<String>>) -> Result<Vec<String>> {
    let mut sentences = look()?;
    if !sentences.is_empty() {
        let again = look()?;
        sentences.retain(|one| again.contains(one));
    }
    Ok(sentences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_while_git_looks_is_not_missing_and_what_is_missing_stays_so() {
        let told = |looks: [&[&str]; 2]| {
            let mut looks = looks.into_iter();
            let next = || Ok(looks.next().unwrap_or_default().iter().map(|&one| one.to_owned()).collect());
            lasting(next).unwrap()
        };
        assert_eq!(told([&["missing commit a", "missing blob b"], &["missing blob b"]]), ["missing blob b"]);
        assert_eq!(told([&["missing commit a"], &["missing commit c"]]), [""; 0]);
        assert_eq!(told([&[], &["missing commit a"]]), [""; 0]);
    }
}
