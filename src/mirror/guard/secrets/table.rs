//! All rules, and the words by which texts are found that they may be about.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use anyhow::Result;

use crate::mirror::guard::secrets::allow::Allow;
use crate::mirror::guard::secrets::file::{self, Allowlist, File};
use crate::mirror::guard::secrets::pattern::compiled;
use crate::mirror::guard::secrets::rule::Rule;

/// The rules of gitleaks, unchanged, and ours in the same form: a new rule is one entry there.
const BUILT_IN: [(&str, &str); 2] =
    [("gitleaks.toml", include_str!("gitleaks.toml")), ("ours.toml", include_str!("ours.toml"))];

/// Of the paths that gitleaks passes over, those whose files programs write and fill with checksums. The others are
/// images, documents, what was built or copied from elsewhere: a token is one there too, and whoever renames a file
/// is not to get one past.
const PASSED_OVER: [&str; 7] = [
    r"go\.(?:mod|sum|work(?:\.sum)?)$",
    r"(?:^|/)vendor/modules\.txt$",
    r"(?:^|/)gradle\.lockfile$",
    r"(?:^|/)(?:deno\.lock|npm-shrinkwrap\.json|package-lock\.json|pnpm-lock\.yaml|yarn\.lock)$",
    r"(?:^|/)(?:Pipfile|poetry)\.lock$",
    r"verification-metadata\.xml",
    // Expressions of secrets, not secrets.
    r"gitleaks\.toml",
];

/// All rules.
#[derive(Debug)]
pub struct Table {
    /// The rules, in the order of the files.
    pub rules: Vec<Rule>,
    /// What no rule means.
    pub allow: Vec<Allow>,
    /// Those that ask for no keyword.
    pub always: Vec<usize>,
    words: AhoCorasick,
    /// By word: the rules that wait for it, and its place in their lists.
    users: Vec<Vec<(usize, usize)>>,
}

impl Table {
    /// The built-in rules and a repository's own.
    ///
    /// # Errors
    /// Its own are wrong: where and why.
    pub fn new(own: Option<(&str, &str)>) -> Result<Self> {
        let (mut rules, mut allow) = (Vec::new(), Vec::new());
        for (name, text) in BUILT_IN {
            let mut file = file::read(name, text)?;
            if let Some(list) = &mut file.allowlist {
                list.paths.retain(|path| PASSED_OVER.contains(&path.get_ref().as_str()));
            }
            take(file, &mut rules, &mut allow);
        }
        if let Some((name, text)) = own {
            let file = file::read(name, text)?;
            check(name, text, &file, &rules)?;
            take(file, &mut rules, &mut allow);
        }
        Self::of(rules, allow)
    }

    fn of(rules: Vec<Rule>, allow: Vec<Allow>) -> Result<Self> {
        let mut words: Vec<&str> = Vec::new();
        let mut users: Vec<Vec<(usize, usize)>> = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            for (place, word) in rule.keywords.iter().enumerate() {
                let known = words.iter().position(|known| *known == word.as_str());
                let at = known.unwrap_or(words.len());
                if known.is_none() {
                    words.push(word);
                    users.push(Vec::new());
                }
                users[at].push((number, place));
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .prefilter(false)
            .build(&words)?;
        let always = (0..rules.len()).filter(|number| rules[*number].keywords.is_empty()).collect();
        Ok(Self { rules, allow, always, words: automaton, users })
    }

    /// Each place of each keyword: the rule, which of its keywords, where it begins.
    pub fn keywords(&self, text: &[u8], mut met: impl FnMut(usize, usize, usize)) {
        for found in self.words.find_overlapping_iter(text) {
            for (rule, keyword) in &self.users[found.pattern().as_usize()] {
                met(*rule, *keyword, found.start());
            }
        }
    }
}

fn take(file: File, rules: &mut Vec<Rule>, allow: &mut Vec<Allow>) {
    rules.extend(file.rules.into_iter().map(Rule::of));
    allow.extend(file.allowlist.into_iter().chain(file.allowlists).map(Allow::of));
}

/// Tries everything that is written in a repository's own file, so that nothing can fail later.
fn check(name: &str, text: &str, file: &File, known: &[Rule]) -> Result<()> {
    let wrong = |span: std::ops::Range<usize>, what: &str| file::at(name, text, span.start, what);
    let try_all = |written: &[toml::Spanned<String>]| {
        written.iter().try_for_each(|one| {
            compiled(one.get_ref())
                .map_err(|what| wrong(one.span(), &format!("not a regular expression: {what}")))
        })
    };
    let lists = |lists: &[Allowlist]| {
        lists.iter().try_for_each(|list| try_all(&list.paths).and_then(|()| try_all(&list.regexes)))
    };
    file.allowlist.as_ref().map_or(Ok(()), |list| lists(std::slice::from_ref(list)))?;
    lists(&file.allowlists)?;
    for (number, rule) in file.rules.iter().enumerate() {
        let id = rule.id.get_ref();
        let earlier = file.rules[..number].iter().any(|other| other.id.get_ref() == id);
        if earlier || known.iter().any(|known| *known.id == **id) {
            return Err(wrong(rule.id.span(), &format!("there is a rule `{id}` already")));
        }
        if rule.regex.is_none() && rule.path.is_none() {
            return Err(wrong(rule.id.span(), &format!("the rule `{id}` has neither `regex` nor `path`")));
        }
        try_all(rule.regex.as_slice())?;
        try_all(rule.path.as_slice())?;
        lists(&rule.allowlists)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_of_the_built_in_rules_can_be_compiled() {
        for (name, text) in BUILT_IN {
            let file = file::read(name, text).unwrap();
            assert!(!file.rules.is_empty());
            check(name, text, &file, &[]).unwrap();
        }
        let file = file::read("gitleaks.toml", BUILT_IN[0].1).unwrap();
        assert_eq!(file.rules.len(), 222);
        let paths = file.allowlist.unwrap().paths;
        for wanted in PASSED_OVER {
            assert!(paths.iter().any(|path| path.get_ref() == wanted), "{wanted}");
        }
    }
}
