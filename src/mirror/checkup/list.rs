//! The list of the checks.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::checkup::finding::Found;
use crate::mirror::checkup::{files, hooks, remotes, workflows};

/// One check.
pub struct Check {
    /// What it is called.
    pub id: &'static str,
    /// What is as it should be where it finds nothing.
    pub about: &'static str,
    /// Looks.
    pub look: fn(&Repo) -> Result<Vec<Found>>,
}

/// All of them.
pub const CHECKS: &[Check] = &[
    Check { id: "guard", about: "where the guard was put in, it is asked", look: hooks::look },
    Check { id: "secrets", about: "no file that may lie nowhere is tracked", look: files::look },
    Check { id: "mirror", about: "a plain push goes to no public place by accident", look: remotes::look },
    Check { id: "workflows", about: "no public workflow names secrets or runners", look: workflows::look },
];
