//! What a push would do to one ref of the other side.

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::model::object::ObjectId;

/// One ref of the other side, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What was named on this side, as it was typed: a ref, an expression such as `stash@{0}`, or `(delete)`.
    pub source: String,
    /// What the ref is to point to; nothing where it is deleted.
    pub new: Option<ObjectId>,
    /// The full name of the ref over there.
    pub target: String,
    /// What it points to there, as far as is known; it need not be here.
    pub old: Option<ObjectId>,
}

impl Update {
    /// Reads what git tells a pre-push hook: lines of `source new target old`.
    ///
    /// The source is what somebody typed and may hold spaces, so a line is read from its end (githooks(5)).
    ///
    /// # Errors
    /// A line that is none: nothing may leave that nobody understands.
    pub fn read_pushed(input: &[u8]) -> Result<Vec<Self>> {
        read(input, |line| {
            let mut words = line.rsplitn(4, ' ');
            let (old, target, new, source) = (words.next()?, words.next()?, words.next()?, words.next()?);
            Some(Self { source: source.into(), new: id(new)?, target: named(target)?, old: id(old)? })
        })
    }

    /// Reads what git tells a pre-receive hook: lines of `old new target`.
    ///
    /// # Errors
    /// A line that is none.
    pub fn read_received(input: &[u8]) -> Result<Vec<Self>> {
        read(input, |line| {
            let mut words = line.splitn(3, ' ');
            let (old, new, target) = (words.next()?, words.next()?, words.next()?);
            Some(Self { source: target.into(), new: id(new)?, target: named(target)?, old: id(old)? })
        })
    }
}

fn read(input: &[u8], one: impl Fn(&str) -> Option<Update>) -> Result<Vec<Update>> {
    let text = String::from_utf8_lossy(input);
    let lines = text.split('\n').filter(|line| !line.is_empty());
    let updates = lines.map(|line| {
        one(line)
            .ok_or_else(|| fault(format!("git said {line:?}, which is no update")).exit(Exit::Failed).into())
    });
    updates.collect()
}

fn named(target: &str) -> Option<String> {
    (!target.is_empty()).then(|| target.to_owned())
}

/// An id; of zeros alone nothing.
fn id(hex: &str) -> Option<Option<ObjectId>> {
    let id: ObjectId = hex.parse().ok()?;
    Some(id.as_bytes().iter().any(|byte| *byte != 0).then_some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_hold_spaces_and_zeros_are_nothing() {
        let (one, zero) = ("1".repeat(40), "0".repeat(40));
        let text =
            format!("HEAD^{{/fix it }} {one} refs/heads/é {zero}\n(delete) {zero} refs/heads/x {one}\n");
        let [made, gone] = &Update::read_pushed(text.as_bytes()).unwrap()[..] else { panic!("two lines") };
        assert_eq!((made.source.as_str(), made.target.as_str()), ("HEAD^{/fix it }", "refs/heads/é"));
        assert_eq!((made.new, made.old), (Some(one.parse().unwrap()), None));
        assert_eq!((gone.new, gone.old), (None, Some(one.parse().unwrap())));
        assert_eq!(Update::read_pushed(b"").unwrap(), []);
    }

    #[test]
    fn what_is_no_line_of_the_hook_is_refused() {
        for text in ["x\n", "a b c d\n", "a 12 refs/heads/x 34\n", &format!("{} refs/x\n", "1".repeat(40))] {
            assert!(Update::read_pushed(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_received_has_the_old_id_first() {
        let (one, zero) = ("1".repeat(40), "0".repeat(40));
        let updates = Update::read_received(format!("{zero} {one} refs/heads/x\n").as_bytes()).unwrap();
        assert_eq!((updates[0].new, updates[0].old), (Some(one.parse().unwrap()), None));
    }
}
