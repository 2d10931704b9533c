//! G032: a secret in a file, or in what lies in an archive; names in archives are private names too.

use std::collections::BTreeMap;

use crate::mirror::guard::decode::open::open;
use crate::mirror::guard::decode::part::{Part, View};
use crate::mirror::guard::decode::spelled;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Blob, Lens, Look, Rule};
use crate::mirror::guard::rules::{g010_private_path, g011_never_path, g033_opaque};
use crate::mirror::guard::secrets::hit::Hit;
use crate::mirror::guard::secrets::told;
use crate::model::path::RepoPath;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G032",
    name: "secret-in-file",
    about: "a secret in a file, in an archive too, stays off public places",
    page: include_str!("../../../../docs/guard/G032.md"),
    look: Look::Blob(look),
};

/// So often what is packed is spelled, packed and spelled once more.
const DEEPEST: usize = 2;

/// So much may come out of all that is spelled in one file, in bytes.
const MOST_SPELLED: usize = 128 << 20;

/// Where a secret was met: the more exact name of those that hold it, since an archive holds what its files do.
type Met = BTreeMap<(Vec<u8>, Vec<u8>, bool), (Vec<u8>, Hit)>;

fn look(lens: &Lens<'_>, blob: &Blob<'_>) -> Vec<Finding> {
    if u64::try_from(blob.content.len()).is_ok_and(|length| length < blob.size) {
        // Nobody has read it.
        let most = "it is larger than `[content] max_blob`";
        return g033_opaque::finding(lens, blob, blob.path.as_bytes(), most).into_iter().collect();
    }
    let mut reading = Reading { lens, blob, met: Met::new(), found: Vec::new(), left: Some(MOST_SPELLED) };
    reading.look(blob.path.as_bytes(), blob.content, DEEPEST);
    let Reading { met, mut found, .. } = reading;
    found.extend(met.into_values().map(|(name, hit)| {
        let spot = Spot { line: Some(hit.line), ..spot(blob, &name) };
        told::finding(RULE.id, lens.is_public, &hit, spot, told::file_remedies(blob.commit, blob.path))
    }));
    found.sort_by(|one, other| (&one.spot.path, one.spot.line).cmp(&(&other.spot.path, other.spot.line)));
    found
}

/// A file that is being read.
struct Reading<'a, 'b> {
    lens: &'a Lens<'a>,
    blob: &'a Blob<'b>,
    met: Met,
    found: Vec<Finding>,
    /// How much may still come out of what is spelled in it, in bytes; nothing once that was told to be too much.
    left: Option<usize>,
}

impl Reading<'_, '_> {
    /// Looks at content and at what is packed in it, and so often at what was packed and then spelled in base64 or hex.
    fn look(&mut self, name: &[u8], content: &[u8], times: usize) {
        let (lens, blob, is_spelled) = (self.lens, self.blob, times < DEEPEST);
        open(name, content, &mut |part| match part {
            Part::View(view) if !is_spelled || self.takes(&view) => self.view(&view, times),
            Part::View(_) => {}
            // What is spelled and merely begins like something packed can be read as what it is: a text.
            Part::Broken { .. } if is_spelled => {}
            Part::Broken { name, why } | Part::Opaque { name, why } => {
                self.found.extend(g033_opaque::finding(lens, blob, name, why));
            }
            Part::History { name, what } => self.found.push(g033_opaque::history(lens, blob, name, what)),
        });
    }

    /// Whether so much more may come out of what is spelled; the first time that it may not is told.
    fn takes(&mut self, view: &View<'_>) -> bool {
        let left = self.left.and_then(|left| left.checked_sub(view.bytes.len()));
        if left.is_none() && self.left.is_some() {
            let most = "too much comes out of what is spelled in it";
            self.found.extend(g033_opaque::finding(self.lens, self.blob, view.name, most));
        }
        self.left = left;
        left.is_some()
    }

    fn view(&mut self, view: &View<'_>, times: usize) {
        let name = view.inside.and_then(|inside| name_in_archive(self.lens, self.blob, view, inside));
        self.found.extend(name);
        if self.lens.policy.file.content.secrets != Some(false) {
            let hits = self.lens.scanner.scan(view.name, view.bytes);
            hits.into_iter().for_each(|hit| take(&mut self.met, view, hit));
        }
        if times > 0 {
            let name = [view.name, b"!spelled"].concat();
            spelled::packed(view.bytes).iter().for_each(|block| self.look(&name, block, times - 1));
        }
    }
}

/// The same secret is told once in a file, where it stands first or deepest.
fn take(met: &mut Met, view: &View<'_>, hit: Hit) {
    let key = (hit.rule.as_bytes().to_vec(), hit.secret.clone(), hit.is_allowed);
    let known = met.get(&key);
    if known.is_none_or(|(name, _)| view.name.len() > name.len() && view.name.starts_with(name)) {
        met.insert(key, (view.name.to_vec(), hit));
    }
}

fn spot(blob: &Blob<'_>, name: &[u8]) -> Spot {
    Spot { path: Some(RepoPath::new(name)), ..blob.spot() }
}

/// What the rules about paths (G010, G011) say of a name in an archive.
fn name_in_archive(lens: &Lens<'_>, blob: &Blob<'_>, view: &View<'_>, inside: &[u8]) -> Option<Finding> {
    let (rule, what) = match () {
        () if lens.policy.is_never(inside) => {
            (g011_never_path::RULE.id, "a path that may lie in no repository, in an archive")
        }
        () if lens.is_public && lens.policy.is_private(inside) => {
            (g010_private_path::RULE.id, "a private path, in an archive")
        }
        () => return None,
    };
    let found = Finding::blocked(rule, what, spot(blob, view.name), view.name);
    Some(told::file_remedies(blob.commit, blob.path).into_iter().fold(found, Finding::remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::guard::secrets::scanner::Scanner;
    use crate::mirror::policy::terms::Policy;

    #[test]
    fn what_is_not_read_since_too_much_was_spelled_before_is_told_once_also_where_nothing_is_left_over() {
        let (policy, scanner) = (Policy::join(None, &[]).unwrap(), Scanner::new(None).unwrap());
        let lens = Lens { policy: &policy, is_public: true, scanner: &scanner };
        let (id, path) = ("ab".repeat(20).parse().unwrap(), RepoPath::from("notes.txt"));
        let blob = Blob { id, path: &path, commit: id, target: "refs/heads/main", size: 0, content: b"" };
        let mut reading =
            Reading { lens: &lens, blob: &blob, met: Met::new(), found: Vec::new(), left: Some(4) };
        let mut takes = |bytes: &'static [u8]| {
            let is_taken = reading.takes(&View { name: b"notes.txt!spelled", inside: None, bytes });
            (is_taken, reading.found.len())
        };
        assert_eq!(takes(b"four"), (true, 0));
        assert_eq!(takes(b"more"), (false, 1));
        assert_eq!(takes(b""), (false, 1));
    }
}
