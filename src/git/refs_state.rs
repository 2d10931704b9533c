//! How some refs stand, told without listing those that are packed.
//!
//! Git replaces `packed-refs` by a rename and never changes it in place, so its file tells whether it is another one.
//! Loose refs are few, since upkeep packs them, and are read; by a process that looks again, only those that have
//! changed since. A reftable repository has a list of its tables, each
//! with a name that is never used twice.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow};

use crate::git::loose_refs::{each_loose, target};
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::git::stamp::Stamp;
use crate::model::object::ObjectId;

/// How long tables that change while they are read are read again.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause before they are.
const PAUSE: Duration = Duration::from_millis(5);

/// How the refs below some prefixes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefsState {
    /// The loose ones by name, each of which hides a packed one; nothing for one that points to no object by itself.
    pub loose: BTreeMap<String, Option<ObjectId>>,
    /// What tells the packed ones from others: equal marks, equal refs. One that was taken within a tick of the
    /// file's last change equals no other.
    pub packed: String,
}

impl Repo {
    /// Looks at the refs below some prefixes such as `refs/experiments/`: first the loose ones, as a ref is packed
    /// before its loose file goes.
    pub fn refs_state(&self, prefixes: &[&str]) -> Result<RefsState> {
        if let Some(tables) = self.tables()? {
            return Ok(RefsState { loose: BTreeMap::new(), packed: tables });
        }
        let mut loose = BTreeMap::new();
        for prefix in prefixes {
            let folder = self.common_dir().join(prefix);
            self.loose_refs
                .borrow_mut()
                .read(&folder, prefix, &mut loose)
                .with_context(|| format!("cannot read {}", folder.display()))?;
        }
        let packed = match fs::metadata(self.common_dir().join("packed-refs")) {
            Ok(meta) => mark(&meta),
            Err(error) if error.kind() == ErrorKind::NotFound => String::from("none"),
            Err(error) => return Err(error).context("cannot read packed-refs"),
        };
        Ok(RefsState { loose, packed })
    }

    /// The names of the loose refs below some prefixes such as `refs/experiments/`, none of them read; of a repository
    /// whose refs are in tables none.
    pub fn loose_ref_names(&self, prefixes: &[&str]) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for prefix in prefixes {
            let folder = self.common_dir().join(prefix);
            each_loose(&folder, prefix, &mut |name, _| {
                names.push(name);
                Ok(())
            })
            .with_context(|| format!("cannot read {}", folder.display()))?;
        }
        Ok(names)
    }

    /// The packed refs below some prefixes, with the mark of what was read; their order is that of their names.
    pub fn packed_refs(&self, prefixes: &[&str]) -> Result<(String, Vec<Ref>)> {
        if self.tables()?.is_some() {
            return self.refs_of_tables(prefixes);
        }
        let mut text = Vec::new();
        let mark = match File::open(self.common_dir().join("packed-refs")) {
            Ok(mut file) => {
                let mark = mark(&file.metadata()?);
                file.read_to_end(&mut text).context("cannot read packed-refs")?;
                mark
            }
            Err(error) if error.kind() == ErrorKind::NotFound => String::from("none"),
            Err(error) => return Err(error).context("cannot read packed-refs"),
        };
        let mut found = Vec::new();
        for prefix in prefixes {
            parse(&text, prefix.as_bytes(), &mut found);
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((mark, found))
    }

    fn refs_of_tables(&self, prefixes: &[&str]) -> Result<(String, Vec<Ref>)> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let before = self.tables()?;
            let mut found = Vec::new();
            for prefix in prefixes {
                found.extend(self.refs(prefix)?);
            }
            if let Some(tables) =
                before.filter(|before| self.tables().is_ok_and(|now| now.as_ref() == Some(before)))
            {
                found.sort_by(|a, b| a.name.cmp(&b.name));
                return Ok((tables, found));
            }
            thread::sleep(PAUSE);
        }
        Err(anyhow!("the refs change faster than they can be read"))
    }

    fn tables(&self) -> Result<Option<String>> {
        match fs::read_to_string(self.common_dir().join("reftable").join("tables.list")) {
            Ok(tables) => Ok(Some(tables)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("cannot read reftable/tables.list"),
        }
    }
}

fn mark(meta: &fs::Metadata) -> String {
    let (stamp, now) = (Stamp::of(meta), SystemTime::now());
    let plain = stamp.text();
    if stamp.rests(now) {
        return plain;
    }
    let mut salt = [0; 8];
    // Without randomness the clock must do.
    let _ = getrandom::fill(&mut salt);
    format!("{plain} young {now:?} {}", u64::from_le_bytes(salt))
}

/// The lines of a prefix; where the file says that it is sorted, found without looking at the others.
fn parse(text: &[u8], prefix: &[u8], found: &mut Vec<Ref>) {
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_sorted = header.starts_with(b"#") && header.windows(8).any(|words| words == b" sorted ");
    let begin = if is_sorted { first_line(text, prefix) } else { 0 };
    for line in text[begin..].split(|byte| *byte == b'\n') {
        let Some(name) = name_of(line) else { continue };
        if name.starts_with(prefix) {
            if let (Ok(name), Some(target)) = (std::str::from_utf8(name), target_of(line)) {
                found.push(Ref { name: name.to_owned(), target });
            }
        } else if is_sorted && name > prefix {
            break;
        }
    }
}

/// Where the first line stands whose name is not before `prefix`.
fn first_line(text: &[u8], prefix: &[u8]) -> usize {
    let line_at = |at: usize| text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let begin = line_at(low + (high - low) / 2).max(low);
        let end =
            text[begin..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |next| begin + next + 1);
        // A line that names nothing (the header, a peeled tag) is passed over towards the end.
        if name_of(&text[begin..end]).is_none_or(|name| name < prefix) {
            low = end;
        } else {
            high = begin;
        }
    }
    low
}

fn name_of(line: &[u8]) -> Option<&[u8]> {
    if line.starts_with(b"#") || line.starts_with(b"^") {
        return None;
    }
    let space = line.iter().position(|byte| *byte == b' ')?;
    Some(line[space + 1..].trim_ascii_end())
}

fn target_of(line: &[u8]) -> Option<ObjectId> {
    target(line.split(|byte| *byte == b' ').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(names: &[&str], header: &str) -> Vec<u8> {
        let mut text = header.to_owned();
        for (number, name) in names.iter().enumerate() {
            text.push_str(&format!("{:040x} {name}\n", number + 1));
            if number % 3 == 1 {
                text.push_str(&format!("^{:040x}\n", 99));
            }
        }
        text.into_bytes()
    }

    #[test]
    fn the_lines_of_a_prefix_are_found_in_sorted_files_and_in_others() {
        let names: Vec<String> = (0..200).map(|number| format!("refs/experiments/exp-{number:03}")).collect();
        let others = ["refs/a", "refs/b/c", "refs/tags/v1", "refs/zzz"];
        let mut all: Vec<&str> = names.iter().map(String::as_str).chain(others).collect();
        all.sort_unstable();
        let sorted = packed(&all, "# pack-refs with: peeled fully-peeled sorted \n");
        all.reverse();
        let unsorted = packed(&all, "");
        for text in [sorted, unsorted] {
            let mut found = Vec::new();
            parse(&text, b"refs/experiments/", &mut found);
            let mut told: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
            told.sort_unstable();
            assert_eq!(told, names.iter().map(String::as_str).collect::<Vec<_>>());
            for (prefix, count) in
                [("refs/a", 1), ("refs/b/", 1), ("refs/zzz", 1), ("refs/y/", 0), ("refs/", 204)]
            {
                let mut found = Vec::new();
                parse(&text, prefix.as_bytes(), &mut found);
                assert_eq!(found.len(), count, "{prefix}");
            }
        }
    }

    #[test]
    fn whatever_happens_to_a_ref_shows_in_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let head = repo.head().unwrap().commit;
        let prefixes = ["refs/experiments/"];
        let state = || repo.refs_state(&prefixes).unwrap();
        let mut seen = vec![state()];
        let mut is_new = |what: &str| {
            let now = state();
            assert!(!seen.contains(&now), "{what}");
            seen.push(now);
        };
        let exp = "refs/experiments/lab/exp-1";
        let _ = repo.swap_ref(exp, head, None, "x").unwrap();
        is_new("made");
        let loose = BTreeMap::from([(exp.to_owned(), Some(head))]);
        assert_eq!(state().loose, if repo.has_ref_files() { loose } else { BTreeMap::new() });
        repo.git().args(["pack-refs", "--all", "--prune"]).run().unwrap();
        is_new("packed");
        assert_eq!(repo.packed_refs(&prefixes).unwrap().1, [Ref { name: exp.to_owned(), target: head }]);
        repo.git().args(["update-ref", "-d", exp]).run().unwrap();
        is_new("deleted");
        assert!(repo.packed_refs(&prefixes).unwrap().1.is_empty());
    }
}
