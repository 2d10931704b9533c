//! The words of a pull request, and opening one.

use anyhow::Result;

use crate::error::fault;
use crate::mirror::up::offer::Offer;
use crate::mirror::up::plan::Plan;
use crate::process::command::Program;

/// The longest name that is made for a branch, in letters.
const LONGEST: usize = 50;

/// Title and text, of the messages that everybody will read.
pub fn words(offers: &[Offer], count: usize) -> (String, String) {
    match offers {
        [] => (String::new(), String::new()),
        [only] if count <= 1 => {
            let (title, body) = only.message.split_once('\n').unwrap_or((&only.message, ""));
            (title.to_owned(), body.trim().to_owned())
        }
        [first, ..] => {
            let subject = |offer: &Offer| offer.message.lines().next().unwrap_or_default().to_owned();
            let mut body: String = offers.iter().map(|offer| format!("- {}\n", subject(offer))).collect();
            if count > offers.len() {
                body.push_str(&format!("- and {} more\n", count - offers.len()));
            }
            (subject(first), body)
        }
    }
}

/// A name for a branch, made of what the first commit says in public.
pub fn branch(offers: &[Offer]) -> String {
    let subject = offers.first().and_then(|offer| offer.message.lines().next()).unwrap_or_default();
    let letters = subject.chars().map(|letter| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
        _ => '-',
    });
    let words: String = letters.collect();
    let mut name = String::new();
    for word in words.split('-').filter(|word| !word.is_empty()) {
        if name.len() + word.len() >= LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(word);
    }
    if name.is_empty() { "change".to_owned() } else { name }
}

/// Opens a pull request for a branch that was published, with the `gh` program; gives what that says.
///
/// # Errors
/// There is no such program, or it fails.
pub fn open(plan: &Plan, public_url: &str, base: &str) -> Result<String> {
    let owner = |url: &str| slug(url).and_then(|slug| Some(slug.split_once('/')?.0.to_owned()));
    let head = match (owner(&plan.url), owner(public_url)) {
        (Some(ours), Some(theirs)) if ours != theirs => format!("{ours}:{}", plan.branch),
        _ => plan.branch.clone(),
    };
    let mut program = Program::new("gh").args(["pr", "create", "--base", base, "--head", &head]);
    program = program.args(["--title", &plan.title, "--body", &plan.body]);
    if let Some(slug) = slug(public_url) {
        program = program.args(["--repo", &slug]);
    }
    let told = program.run().map_err(|error| {
        fault(format!("the branch is public, but no pull request was opened: {error:#}"))
            .hint("open it by hand, with the title and the text shown")
    })?;
    Ok(String::from_utf8_lossy(&told).trim().to_owned())
}

/// `owner/name` of an address such as `https://host/owner/name.git`; nothing of a local path.
fn slug(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?.1,
    };
    let rest = rest.trim_matches('/');
    Some(rest.strip_suffix(".git").unwrap_or(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::ObjectId;

    fn offer(message: &str) -> Offer {
        Offer {
            public: ObjectId::from_bytes(&[1; 20]).unwrap(),
            private: Vec::new(),
            message: message.to_owned(),
            author: String::new(),
            committer: String::new(),
            files: Vec::new(),
            withheld: Vec::new(),
            is_silent: false,
        }
    }

    #[test]
    fn names_and_words_come_of_what_is_said_in_public() {
        assert_eq!(branch(&[offer("Fix: the (loss) scale!\n")]), "fix-the-loss-scale");
        assert_eq!(branch(&[offer("Änderung\n")]), "nderung");
        assert_eq!(branch(&[offer("…\n")]), "change");
        assert!(branch(&[offer(&"word ".repeat(40))]).len() <= LONGEST);
        assert_eq!(words(&[offer("One\n\nwhy\n")], 1), ("One".to_owned(), "why".to_owned()));
        let two = words(&[offer("One\n\nwhy\n"), offer("Two\n")], 3);
        assert_eq!(two, ("One".to_owned(), "- One\n- Two\n- and 1 more\n".to_owned()));
    }

    #[test]
    fn the_name_of_a_repository_is_read_from_its_address() {
        for (url, name) in [
            ("https://git.example/acme/open.git", Some("acme/open")),
            ("git@git.example:acme/open.git", Some("acme/open")),
            ("ssh://git@git.example/acme/open/", Some("acme/open")),
            ("file:///srv/open.git", None),
            ("/srv/open.git", None),
        ] {
            assert_eq!(slug(url).as_deref(), name, "{url}");
        }
    }
}
