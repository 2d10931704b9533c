//! Whatever Git, or somebody in its place, says to a hook: every line is understood, or the whole is refused.

use gx::mirror::guard::update::Update;
use gx::model::object::ObjectId;

/// Panics where the reading breaks one of its promises.
pub fn check(said: &[u8]) {
    let lines = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    if let Ok(updates) = Update::read_pushed(said) {
        assert_eq!(updates.len(), lines, "a line was passed over");
        let again: String = updates.iter().map(pushed).collect();
        assert!(Update::read_pushed(again.as_bytes()).is_ok_and(|again| again == updates), "{again:?}");
    }
    if let Ok(updates) = Update::read_received(said) {
        assert_eq!(updates.len(), lines, "a line was passed over");
        let again: String = updates.iter().map(received).collect();
        assert!(Update::read_received(again.as_bytes()).is_ok_and(|again| again == updates), "{again:?}");
    }
}

fn pushed(update: &Update) -> String {
    format!("{} {} {} {}\n", update.source, id(update.new), update.target, id(update.old))
}

fn received(update: &Update) -> String {
    format!("{} {} {}\n", id(update.old), id(update.new), update.target)
}

fn id(id: Option<ObjectId>) -> String {
    id.map_or_else(|| "0".repeat(40), |id| id.to_string())
}
