//! What a message and a line about a person say in public.

use std::collections::HashMap;

use anyhow::Result;
use hmac::{Hmac, KeyInit, Mac};
use regex::bytes::{Captures, Regex, RegexSet};
use sha2::Sha256;

use crate::error::misuse;
use crate::mirror::policy::file::Message;
use crate::mirror::policy::terms::{Policy, hex};
use crate::mirror::strip::headers::who;
use crate::mirror::strip::section::{closed, section};
use crate::mirror::strip::sights::private_path;
use crate::model::object::ObjectId;

/// What gx and git add for those who have the private repository.
const LEFT_OUT: &str = r"(?i-u)^(gx-[a-z-]+:|\(cherry picked from commit [0-9a-f]+\)|private:)";
/// Git's own words for a merge, which name branches, and those of gx, which name a remote.
const MERGE: &str = concat!(
    r"^Merge (remote-tracking branch|branch|branches|commit|commits|tag|tags|pull request) .*$",
    r"|^Merge [^ ]+/[^ ]+ \([0-9a-f]+\): [0-9]+ commits? of upstream$"
);
const EXPERIMENT: &str = r"(?-u:\b)([A-Za-z0-9][A-Za-z0-9._-]*/)?exp-[0-9]+(?-u:\b)";
const REF: &str = r#"(?-u:\b)refs/(experiments|gx|notes|artifacts|remotes|heads|stash)/?[^\s'"`)]*"#;
const RUN: &str = r"(?-u:\b)autoresearch/[A-Za-z0-9._/-]*[A-Za-z0-9_-]";
const HEX: &str = r"(?i-u:\b[0-9a-f]{7,64}\b)";
const ADDRESS: &str = r"(?-u)[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*";
const SIGNED: &str = r"(?i-u)^[a-z-]+-by:\s";

/// What a number in a text that names a commit is replaced with; nothing where it may stay.
pub type Mention<'a> = dyn FnMut(&str) -> Result<Option<String>> + 'a;

/// The rules, ready to be used.
pub struct Words {
    policy: Policy,
    rule: Message,
    people: HashMap<Vec<u8>, (Vec<u8>, Vec<u8>)>,
    deny_email: RegexSet,
    provenance: Option<Vec<u8>>,
    left_out: Regex,
    merge: Regex,
    names: Vec<(Regex, &'static [u8])>,
    hex: Regex,
    address: Regex,
    signed: Regex,
}

impl Words {
    /// The rules of a policy; with a key, what is published says by it of which private commit it was made, to those
    /// who have the key.
    ///
    /// # Errors
    /// An expression or a person of the policy cannot be understood.
    pub fn new(policy: &Policy, provenance: Option<Vec<u8>>) -> Result<Self> {
        let identity = &policy.file.identity;
        let people = identity.public.iter().map(|(old, new)| {
            let (name, address, _) = who(new.as_bytes()).ok_or_else(|| {
                misuse(format!("identity.public: `{new}` is no `Name <address>`, which `{old}` is to become"))
            })?;
            Ok((old.to_ascii_lowercase().into_bytes(), (name.to_vec(), address.to_vec())))
        });
        Ok(Self {
            policy: policy.clone(),
            rule: policy.message(),
            people: people.collect::<Result<_>>()?,
            deny_email: policy.denied_emails.clone(),
            provenance,
            left_out: Regex::new(LEFT_OUT)?,
            merge: Regex::new(MERGE)?,
            names: vec![
                (Regex::new(REF)?, b"a private ref"),
                (Regex::new(EXPERIMENT)?, b"an experiment"),
                (Regex::new(RUN)?, b"a branch"),
            ],
            hex: Regex::new(HEX)?,
            address: Regex::new(ADDRESS)?,
            signed: Regex::new(SIGNED)?,
        })
    }

    /// An author's or committer's line, by the name that is known in public.
    pub fn person(&self, line: &[u8]) -> Vec<u8> {
        let known = who(line).and_then(|(_, address, rest)| Some((self.public(address)?, rest)));
        let Some(((name, address), rest)) = known else { return line.to_vec() };
        [name, b" <", address, b">", rest].concat()
    }

    /// Whether an author's line has an address that may not be read.
    pub fn is_denied(&self, line: &[u8]) -> bool {
        who(line).is_some_and(|(_, address, _)| self.deny_email.is_match(address))
    }

    /// What a message says in public; nothing where that is for somebody to say: it speaks of private paths too, its
    /// commit has some or it names one, and has no `Public:` section. One in which there is nothing private stays byte for
    /// byte.
    ///
    /// # Errors
    /// What it mentions cannot be looked up.
    pub fn message(&self, text: &[u8], is_mixed: bool, mention: &mut Mention<'_>) -> Result<Option<Vec<u8>>> {
        match section(text) {
            Some(section) => self.cleaned(&section, mention).map(Some),
            None if is_mixed && self.rule == Message::DenyIfMixed => Ok(None),
            None => {
                let cleaned = self.cleaned(text, mention)?;
                let is_told = self.rule == Message::Allow || self.names(&cleaned).is_none();
                Ok(is_told.then_some(cleaned))
            }
        }
    }

    /// The first private path that a text names.
    pub fn names(&self, text: &[u8]) -> Option<String> {
        private_path(&self.policy, text)
    }

    /// What a message says in its `Public:` section; nothing where it has none.
    ///
    /// # Errors
    /// As of [`Self::message`].
    pub fn section(&self, text: &[u8], mention: &mut Mention<'_>) -> Result<Option<Vec<u8>>> {
        section(text).map(|section| self.cleaned(&section, mention)).transpose()
    }

    /// Takes out of a text what is private in it.
    ///
    /// # Errors
    /// As of [`Self::message`].
    pub fn cleaned(&self, text: &[u8], mention: &mut Mention<'_>) -> Result<Vec<u8>> {
        let (mut kept, mut is_after_dropped, mut dropped) = (Vec::with_capacity(text.len()), false, false);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let is_continued =
                is_after_dropped && line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            is_after_dropped = is_continued || self.left_out.is_match(line) || self.is_denied_trailer(line);
            dropped |= is_after_dropped;
            if !is_after_dropped {
                self.line(line, mention, &mut kept)?;
            }
        }
        if dropped {
            kept = closed(&kept);
        }
        Ok(kept)
    }

    /// The line that says to those with the key of which private commit something was made.
    pub fn with_provenance(&self, mut message: Vec<u8>, private: ObjectId) -> Vec<u8> {
        let Some(key) = &self.provenance else { return message };
        let mut sum = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key of any length will do");
        sum.update(private.as_bytes());
        let sum = sum.finalize().into_bytes();
        let hex = hex(&sum[..16]);
        message = closed(&message);
        message.extend_from_slice(format!("\nProvenance: {hex}\n").as_bytes());
        message
    }

    fn line(&self, line: &[u8], mention: &mut Mention<'_>, kept: &mut Vec<u8>) -> Result<()> {
        let (text, end) = match line.strip_suffix(b"\n") {
            Some(text) => (text, &b"\n"[..]),
            None => (line, &b""[..]),
        };
        let mut line = self.merge.replace(text, &b"Merge"[..]).into_owned();
        if line.contains(&b'@') {
            line = self.addressed(&line);
        }
        for (name, instead) in &self.names {
            if name.is_match(&line) {
                line = name.replace_all(&line, *instead).into_owned();
            }
        }
        let mut at = 0;
        for found in self.hex.find_iter(&line) {
            let hex = std::str::from_utf8(found.as_bytes()).unwrap_or_default();
            if let Some(instead) = mention(hex)? {
                kept.extend_from_slice(&line[at..found.start()]);
                kept.extend_from_slice(instead.as_bytes());
                at = found.end();
            }
        }
        kept.extend_from_slice(&line[at..]);
        kept.extend_from_slice(end);
        Ok(())
    }

    /// A line with the addresses that are known in public.
    fn addressed(&self, line: &[u8]) -> Vec<u8> {
        if self.signed.is_match(line)
            && let Some(colon) = line.iter().position(|byte| *byte == b':')
            && let Some((_, address, rest)) = who(&line[colon + 1..])
            && let Some((name, address)) = self.public(address)
        {
            return [&line[..colon], b": ", name, b" <", address, b">", rest].concat();
        }
        let instead = |found: &Captures<'_>| {
            let address = found.get(0).map(|found| found.as_bytes()).unwrap_or_default();
            self.public(address).map_or(address, |(_, public)| public).to_vec()
        };
        self.address.replace_all(line, instead).into_owned()
    }

    fn is_denied_trailer(&self, line: &[u8]) -> bool {
        let address = |line| self.address.find(line).map(|found| found.as_bytes());
        self.signed.is_match(line)
            && address(line).is_some_and(|one| self.public(one).is_none() && self.deny_email.is_match(one))
    }

    fn public(&self, address: &[u8]) -> Option<(&[u8], &[u8])> {
        if self.people.is_empty() {
            return None;
        }
        let (name, address) = self.people.get(&address.to_ascii_lowercase())?;
        Some((name, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::policy::file::File;

    fn words(policy: &str) -> Words {
        Words::new(&Policy::join(Some(File::read("policy", policy).unwrap()), &[]).unwrap(), None).unwrap()
    }

    fn said(words: &Words, text: &str, is_mixed: bool) -> Option<String> {
        let mention = &mut |hex: &str| Ok((hex == "abcdef1").then(|| "7654321".to_owned()));
        let message = words.message(text.as_bytes(), is_mixed, mention).unwrap();
        message.map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn what_holds_nothing_private_stays_byte_for_byte() {
        let words = words("[identity.public]\n\"a@in\" = \"A <a@out>\"\n");
        for text in [
            "",
            "one",
            "one\n",
            "\n one \n\n\n",
            "a\r\nb\n\n",
            "see 1234567 and x@y.z\n",
            "prune exp-ectations\n",
        ] {
            assert_eq!(said(&words, text, false).as_deref(), Some(text), "{text:?}");
        }
        let latin = b"caf\xe9 \xff\n";
        assert_eq!(words.message(latin, false, &mut |_| Ok(None)).unwrap().unwrap(), latin);
    }

    #[test]
    fn trailers_ids_branches_experiments_and_addresses_do_not_leave() {
        let words = words(
            "[identity]\ndeny_email = [\"@in$\"]\n[identity.public]\n\"a@in\" = \"A Public <a@out>\"\n",
        );
        let text = "Merge branch 'autoresearch/mar5' into x\n\nAs lab2/exp-12 and exp-3 on autoresearch/mar5, \
                    refs/gx/trash/exp-1 (abcdef1), ask A@in.\n\nGx-Uuid: 1\n more\nSigned-off-by: Ada <a@in>\n\
                    Acked-by: Bob <B@IN>\n(cherry picked from commit abcdef1)\n";
        let public = "Merge\n\nAs an experiment and an experiment on a branch, a private ref (7654321), ask a@out.\n\n\
                      Signed-off-by: A Public <a@out>\n";
        assert_eq!(said(&words, text, false).as_deref(), Some(public));
        let text = "Merge closed/main (1234567): 3 commits of upstream\n";
        assert_eq!(said(&words, text, false).as_deref(), Some("Merge\n"));
        let text = "Merge closed/main (1234567): 3 commits of upstream, and mend them\n";
        assert_eq!(said(&words, text, false).as_deref(), Some(text));
        assert_eq!(words.person(b"Ada <A@in> 1 +0000"), b"A Public <a@out> 1 +0000");
        assert_eq!(words.person(b"Bob <b@in> 1 +0000"), b"Bob <b@in> 1 +0000");
        assert!(words.is_denied(b"Bob <b@in> 1 +0000") && !words.is_denied(b"C <c@out> 1 +0000"));
    }

    #[test]
    fn of_a_mixed_commit_only_the_public_section_is_said() {
        let strict = words("");
        assert_eq!(said(&strict, "secret\n", true), None);
        let text = "secret\n\nPublic: Widen it\n\nIt was narrow.\n\nGx-Uuid: 1\nPrivate: no\nmore\n";
        assert_eq!(said(&strict, text, true).as_deref(), Some("Widen it\n\nIt was narrow.\n"));
        assert_eq!(said(&strict, text, false), said(&strict, text, true));
        assert_eq!(said(&strict, "As in private/plan.md: widen it\n", false), None);
        assert_eq!(
            said(&words("[messages]\ndefault = \"allow\"\n"), "open\n", true).as_deref(),
            Some("open\n")
        );
    }

    #[test]
    fn with_a_key_the_origin_is_told_to_those_who_have_it() {
        let policy = Policy::join(None, &[]).unwrap();
        let id = |digit| ObjectId::from_bytes(&[digit; 20]).unwrap();
        let told = |key: &[u8], digit| {
            Words::new(&policy, Some(key.to_vec())).unwrap().with_provenance(b"a\n".to_vec(), id(digit))
        };
        assert_eq!(told(b"k", 1), told(b"k", 1));
        assert!(told(b"k", 1) != told(b"k", 2) && told(b"k", 1) != told(b"l", 1));
        assert!(told(b"k", 1).starts_with(b"a\n\nProvenance: "));
    }
}
