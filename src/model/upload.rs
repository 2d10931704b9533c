//! What is about to leave this machine, and who is asked before it does.

use anyhow::Result;

use crate::model::object::ObjectId;

/// A ref of the other side, and what it is to point to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Its full name there.
    pub name: String,
    /// What it points to there, as far as is known here; `None` where it is new.
    pub old: Option<ObjectId>,
    /// What it is to point to: this goes, with all that hangs on it.
    pub new: ObjectId,
}

/// Everything that one upload would send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The remote, by its name in the configuration.
    pub remote: String,
    /// Every address that it goes to, as Git resolves them (`url.*.insteadOf`, several push URLs).
    pub urls: Vec<String>,
    /// The refs.
    pub refs: Vec<Leaving>,
}

/// One who may refuse an upload. Every upload asks, before anything touches the network.
pub trait UploadCheck {
    /// Lets it pass, or says why not and what to do about it.
    ///
    /// # Errors
    /// A fault with [`Exit::Blocked`](crate::error::Exit::Blocked): nothing may leave.
    fn check(&self, upload: &Upload) -> Result<()>;
}

/// An address as it may be shown: without the user and password, and without the query, that a URL can carry.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // Of ssh the user is part of the address, and a password is behind a colon; elsewhere a user alone may be a token.
    let is_ssh = matches!(scheme, "ssh" | "git+ssh" | "ssh+git");
    match host.rsplit_once('@') {
        Some((user, host)) if user.contains(':') || !is_ssh => format!("{scheme}://{host}{path}"),
        _ => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        for (url, told) in [
            ("https://me:s3cret@git.example/lab.git", "https://git.example/lab.git"),
            ("https://token@git.example/a@b", "https://git.example/a@b"),
            ("ftp://token@git.example/lab.git", "ftp://git.example/lab.git"),
            ("helper::https://token@git.example/lab.git", "helper::https://git.example/lab.git"),
            ("https://git.example/lab.git?access_token=s3cret", "https://git.example/lab.git"),
            ("https://git.example?access_token=s3/cret@x", "https://git.example"),
            ("ssh://git:s3cret@git.example/lab.git", "ssh://git.example/lab.git"),
            ("ssh://git@git.example/lab.git", "ssh://git@git.example/lab.git"),
            ("git@git.example:lab.git", "git@git.example:lab.git"),
            ("/srv/lab.git", "/srv/lab.git"),
        ] {
            assert_eq!(shown(url), told);
        }
    }
}
