//! Processes as Linux tells of them in `/proc`.

use crate::process::identity::{Identity, Relation};

/// The fields of `/proc/PID/stat` that matter here, see proc(5).
#[derive(Debug, PartialEq, Eq)]
pub struct Stat {
    pub state: u8,
    pub parent: u32,
    pub group: i64,
    pub start: u64,
}

impl Stat {
    pub fn of(pid: impl std::fmt::Display) -> Option<Self> {
        Self::parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The second field is the program's name in parentheses and may itself hold spaces, parentheses
    /// and any byte: what counts begins after the last parenthesis.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let name_end = line.iter().rposition(|&byte| byte == b')')?;
        let rest = std::str::from_utf8(&line[name_end + 1..]).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: *fields.first()?.as_bytes().first()?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
        })
    }

    fn is_running(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
}

pub fn start(pid: u32) -> Option<u64> {
    Stat::of(pid).map(|stat| stat.start)
}

pub fn parent(pid: u32) -> Option<u32> {
    Stat::of(pid).map(|stat| stat.parent)
}

pub fn is_running(identity: &Identity) -> bool {
    Stat::of(identity.pid).is_some_and(|stat| stat.start == identity.start && stat.is_running())
}

pub fn has_running_member(group: u32) -> bool {
    let Some(numbers) = numbers() else { return true };
    numbers.filter_map(Stat::of).any(|stat| stat.group == i64::from(group) && stat.is_running())
}

pub fn everybody() -> Vec<Relation> {
    let all = numbers().into_iter().flatten();
    let relation = |pid| Stat::of(pid).map(|stat| Relation { pid, parent: stat.parent, group: stat.group });
    all.filter_map(relation).collect()
}

fn numbers() -> Option<impl Iterator<Item = u32>> {
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    Some(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
}
