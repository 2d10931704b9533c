//! Whatever bytes a note holds: they are folded without a panic, and in any order to the same record.

use gx::model::record::Record;
use gx::model::summary::Summary;

/// Panics where the fold breaks one of its promises.
pub fn check(note: &[u8]) {
    let record = Record::fold(note);
    let mut lines: Vec<&[u8]> = note.split(|byte| *byte == b'\n').collect();
    lines.reverse();
    let reversed = lines.join(&b'\n');
    let twice = [note, b"\n", &reversed[..]].concat();
    assert!(Record::fold(&reversed) == record, "the order of the lines matters");
    assert!(Record::fold(&twice) == record, "a repeated line matters");

    Summary::of(&record);
    let _ = (
        record.status(),
        record.metrics(),
        record.newer_version(),
        record.lookup("metrics"),
        record.time("at"),
    );
}
