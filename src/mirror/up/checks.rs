//! What of a plan may not be published, beside what the guard finds: words and people.

use anyhow::Result;

use crate::mirror::strip::headers::Headers;
use crate::mirror::up::ground::Ground;
use crate::model::object::ObjectId;

/// So many reasons are told.
const TOLD: usize = 20;

/// Why these commits may not be published; nothing where they may.
///
/// # Errors
/// One cannot be read, or an expression of the policy cannot be understood.
pub fn reasons(ground: &Ground<'_>, commits: &[ObjectId], branch: &str) -> Result<Vec<String>> {
    let (denied, denied_names) = (&ground.mirror.policy.denied_messages, &ground.mirror.policy.denied_names);
    let names = Names::of(ground)?;
    let mut reasons = Vec::new();
    for pattern in denied_names.matches(branch.as_bytes()) {
        let pattern = &denied_names.patterns()[pattern];
        reasons.push(format!("the name `{branch}` matches `{pattern}` of refs.public.name_deny"));
    }
    ground.repo.raw_each(commits, &mut |number, _, bytes| {
        let commit = Headers::parse(bytes)?;
        let short = commits[number].short();
        let mut add = |what: String| {
            if reasons.len() < TOLD {
                reasons.push(format!("{short}: {what}"));
            }
        };
        for pattern in denied.matches(commit.message) {
            add(format!("the message matches `{}` of messages.deny", denied.patterns()[pattern]));
        }
        if let Some(name) = names.in_text(&String::from_utf8_lossy(commit.message)) {
            add(format!("the message names `{name}`, which is private"));
        }
        for (who, line) in [("author", commit.author), ("committer", commit.committer)] {
            if ground.words.is_denied(line) {
                add(format!("the address of its {who} matches identity.deny_email"));
            }
        }
        Ok(())
    })?;
    Ok(reasons)
}

/// What somebody should look at before these commits are published: messages that name private paths all the same, since
/// somebody has written them for the public, or the policy lets them pass.
///
/// # Errors
/// One cannot be read.
pub fn cautions(ground: &Ground<'_>, commits: &[ObjectId]) -> Result<Vec<String>> {
    let mut cautions = Vec::new();
    ground.repo.raw_each(commits, &mut |number, _, bytes| {
        if let Some(path) =
            ground.words.names(Headers::parse(bytes)?.message).filter(|_| cautions.len() < TOLD)
        {
            cautions.push(format!("{}: the message names {path}, which is private", commits[number].short()));
        }
        Ok(())
    })?;
    Ok(cautions)
}

/// Names of branches and of other clones that are nobody else's business.
struct Names {
    names: Vec<String>,
}

impl Names {
    fn of(ground: &Ground<'_>) -> Result<Self> {
        let (repo, mirror) = (ground.repo, &ground.mirror);
        let below = |prefix: &str| -> Result<Vec<String>> {
            let names = repo.ref_names(prefix)?;
            Ok(names.iter().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect())
        };
        let public = below(&format!("refs/remotes/{}/", mirror.public.remote))?;
        let mut names = below("refs/heads/")?;
        names.extend(below(&format!("refs/remotes/{}/", mirror.private.remote))?);
        let sites = below("refs/experiments/")?;
        names.extend(sites.iter().filter_map(|name| Some(name.split_once('/')?.0.to_owned())));
        names.extend(repo.setting("gx.site"));
        names.retain(|name| {
            !public.contains(name)
                && *name != mirror.public.branch
                && *name != mirror.private.branch
                && name != "HEAD"
        });
        names.sort();
        names.dedup();
        Ok(Self { names })
    }

    /// The first that a text names: as a word of its own and, where it could be any word, in quotes.
    fn in_text(&self, text: &str) -> Option<&str> {
        self.names.iter().map(String::as_str).find(|name| {
            let mut found = text.match_indices(*name);
            found.any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                let is_part = |letter: Option<char>| {
                    letter.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '/'))
                };
                let is_quote = |letter: Option<char>| {
                    letter.is_some_and(|letter| matches!(letter, '\'' | '"' | '`' | '‘' | '’'))
                };
                let is_plain = name.chars().all(char::is_alphabetic);
                !is_part(before) && !is_part(after) && (!is_plain || is_quote(before) && is_quote(after))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_name_is_found_as_a_word_and_a_plain_one_in_quotes_only() {
        let names = Names { names: ["fix", "acme-pilot", "team/x"].map(str::to_owned).to_vec() };
        for (text, found) in [
            ("fix the loss", None),
            ("Merge 'fix'", Some("fix")),
            ("as in acme-pilot.", Some("acme-pilot")),
            ("acme-pilots, my-acme-pilot", None),
            ("from team/x", Some("team/x")),
            ("from team/xy", None),
        ] {
            assert_eq!(names.in_text(text), found, "{text}");
        }
    }
}
