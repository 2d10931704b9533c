//! `gx guard pre-receive`

use std::io::Read;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::guard::ask::{ask, unchecked};
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::report::guard::Guard;

/// Look at a push where it arrives: the server's `pre-receive` hook, `#!/bin/sh` and `exec gx guard pre-receive`
///
/// Whether the place is private says the server's own configuration: `gx.remote.NAME.privateUrl` with the path of the
/// repository there.
#[derive(Debug, Args)]
pub struct PreReceive {}

impl PreReceive {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input).context("cannot read what is pushed")?;
        let repo = &scene.lab.repo;
        let here = repo.git_dir().display().to_string();
        let updates = Update::read_received(&input).map_err(unchecked)?;
        let answer = Guard::of(&[ask(repo, "here", &here, &updates, &Limits::none())?]);
        if answer.exit() != Exit::Done || !answer.findings.is_empty() {
            scene.output.aside(&answer);
        }
        Ok(answer.exit())
    }
}
