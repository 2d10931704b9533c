//! Which parents a stripped merge has when commits on its sides were emptied.
//!
//! The rules are those of git-filter-repo's `_trim_extra_parents` with its default settings: what emptied commits made
//! redundant goes, what was redundant before (a merge without fast-forward) stays, and a merge is never made a commit
//! of one parent unless nothing is left of it.

use std::collections::HashSet;

use anyhow::Result;

use crate::model::object::ObjectId;

/// A parent of a commit: what it was, and what it has become.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// The private commit.
    pub old: ObjectId,
    /// Its public counterpart; nothing where nothing is left of it and all before it.
    pub new: Option<ObjectId>,
    /// Whether it was itself emptied, so that the counterpart is that of an ancestor.
    pub is_emptied: bool,
}

/// What is left of the parents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// Those that the commit has when it is made.
    pub parents: Vec<ObjectId>,
    /// The only one that matters, where the others have become redundant: if the tree is its tree, the commit goes.
    pub only: Option<ObjectId>,
}

/// How descent is asked for: whether the first is the second or an ancestor of it.
pub type Asked<'a> = dyn Fn(ObjectId, ObjectId) -> Result<bool> + 'a;

/// Trims the parents of a commit.
///
/// # Errors
/// Descent cannot be told.
pub fn trim(parents: &[Parent], before: &Asked<'_>, now: &Asked<'_>) -> Result<Trimmed> {
    let left: Vec<(Parent, ObjectId)> = parents.iter().filter_map(|one| Some((*one, one.new?))).collect();
    let whole: Vec<ObjectId> = left.iter().map(|(_, new)| *new).collect();
    if whole.len() < 2 {
        return Ok(Trimmed { parents: whole, only: None });
    }
    let mut seen = HashSet::new();
    let distinct: Vec<(Parent, ObjectId)> =
        left.into_iter().filter(|(one, new)| seen.insert(*new) || !one.is_emptied).collect();
    let only = distinct[0].1;
    if distinct.len() < 2 {
        return Ok(Trimmed { parents: whole, only: Some(only) });
    }
    let mut kept = Vec::new();
    for (at, (one, new)) in distinct.iter().enumerate() {
        let mut is_redundant = false;
        for (other_at, (other, other_new)) in distinct.iter().enumerate() {
            if one.is_emptied && at != other_at && now(*new, *other_new)? && !before(one.old, other.old)? {
                is_redundant = true;
                break;
            }
        }
        if !is_redundant {
            kept.push(*new);
        }
    }
    Ok(match kept[..] {
        [only] => Trimmed { parents: whole, only: Some(only) },
        // Two emptied sides that stand at the same commit make each other redundant.
        [] => Trimmed { parents: whole, only: Some(only) },
        _ => Trimmed { parents: kept, only: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_bytes(&[digit; 20]).unwrap()
    }

    fn parent(old: u8, new: u8, is_emptied: bool) -> Parent {
        Parent { old: id(old), new: (new > 0).then(|| id(new)), is_emptied }
    }

    /// Descent by number: a lower one is an ancestor of a higher one.
    fn by_number(old: ObjectId, new: ObjectId) -> Result<bool> {
        Ok(old <= new)
    }

    fn never(old: ObjectId, new: ObjectId) -> Result<bool> {
        Ok(old == new)
    }

    #[test]
    fn what_emptying_made_redundant_goes_and_what_was_redundant_before_stays() {
        let both = [parent(11, 1, true), parent(12, 2, false)];
        let trimmed = trim(&both, &never, &by_number).unwrap();
        assert_eq!(trimmed, Trimmed { parents: vec![id(1), id(2)], only: Some(id(2)) });
        let trimmed = trim(&both, &by_number, &by_number).unwrap();
        assert_eq!(
            trimmed,
            Trimmed { parents: vec![id(1), id(2)], only: None },
            "a merge without fast-forward"
        );
        let three = [parent(11, 1, true), parent(12, 2, false), parent(13, 3, false)];
        assert_eq!(trim(&three, &never, &by_number).unwrap().parents, [id(2), id(3)]);
    }

    #[test]
    fn sides_that_are_gone_or_the_same_leave_one() {
        let gone = [parent(11, 0, true), parent(12, 2, false)];
        assert_eq!(trim(&gone, &never, &never).unwrap(), Trimmed { parents: vec![id(2)], only: None });
        let same = [parent(11, 1, true), parent(12, 1, true)];
        let trimmed = trim(&same, &never, &never).unwrap();
        assert_eq!(trimmed, Trimmed { parents: vec![id(1), id(1)], only: Some(id(1)) });
        assert_eq!(trim(&[], &never, &never).unwrap(), Trimmed { parents: vec![], only: None });
    }
}
