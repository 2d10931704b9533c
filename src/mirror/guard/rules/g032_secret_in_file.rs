//! G032: a secret in a file, or in what lies in an archive; names in archives are private names too.

use std::collections::BTreeMap;

use crate::mirror::guard::decode::open::open;
use crate::mirror::guard::decode::part::{Part, View};
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

/// Where a secret was met: the more exact name of those that hold it, since an archive holds what its files do.
type Met = BTreeMap<(Vec<u8>, Vec<u8>, bool), (Vec<u8>, Hit)>;

fn look(lens: &Lens<'_>, blob: &Blob<'_>) -> Vec<Finding> {
    let (mut met, mut found) = (Met::new(), Vec::new());
    if u64::try_from(blob.content.len()).is_ok_and(|length| length < blob.size) {
        // Nobody has read it.
        let most = "it is larger than `[content] max_blob`";
        return g033_opaque::finding(lens, blob, blob.path.as_bytes(), most).into_iter().collect();
    }
    let is_scanning = lens.policy.file.content.secrets != Some(false);
    open(blob.path.as_bytes(), blob.content, &mut |part| match part {
        Part::View(view) => {
            found.extend(view.inside.and_then(|inside| name_in_archive(lens, blob, &view, inside)));
            if is_scanning {
                lens.scanner
                    .scan(view.name, view.bytes)
                    .into_iter()
                    .for_each(|hit| take(&mut met, &view, hit));
            }
        }
        Part::Opaque { name, why } => found.extend(g033_opaque::finding(lens, blob, name, why)),
        Part::History { name, what } => found.push(g033_opaque::history(lens, blob, name, what)),
    });
    found.extend(met.into_values().map(|(name, hit)| {
        let spot = Spot { line: Some(hit.line), ..spot(blob, &name) };
        told::finding(RULE.id, lens.is_public, &hit, spot, told::file_remedies(blob.commit, blob.path))
    }));
    found.sort_by(|one, other| (&one.spot.path, one.spot.line).cmp(&(&other.spot.path, other.spot.line)));
    found
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
