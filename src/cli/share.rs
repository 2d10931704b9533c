//! What the commands that talk to a remote have in common.

use anyhow::Result;

use crate::cli::scene::Scene;
use crate::error::{Exit, tell};
use crate::git::transfer::{Hear, Wire};
use crate::mirror::guard::upload::Guarded;
use crate::model::upload::{Upload, UploadCheck};
use crate::store::experiments::Store;
use crate::store::share::standing::usual;
use crate::store::share::tracking::Extras;
use crate::store::share::trust::Declared;
use crate::ui::number::count;
use crate::ui::style::Label;
use crate::ui::transfer::{Transfer, asks, is_watched};

/// What goes along with snapshots and records.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Along {
    /// The logs too
    #[arg(long)]
    logs: bool,
    /// The declared results of isolated runs too
    #[arg(long)]
    artifacts: bool,
}

impl Along {
    /// As the store calls it.
    pub fn extras(self) -> Extras {
        Extras { logs: self.logs, artifacts: self.artifacts }
    }
}

/// The remote that is meant.
///
/// # Errors
/// The configuration cannot be read.
pub fn remote(store: &Store<'_>, given: Option<&str>) -> Result<String> {
    given.map_or_else(|| usual(store), |name| Ok(name.to_owned()))
}

/// How git talks to the other side on behalf of a command: a person sees its progress and may be asked for a password.
pub fn wire(scene: &Scene) -> Wire {
    let hear = Transfer::on_terminal(scene.output).map(|mut transfer| {
        let hear: Box<Hear> = Box::new(move |piece: &[u8]| transfer.hear(piece));
        hear
    });
    Wire::new(is_watched(scene.output), hear)
}

/// Asks a person about a remote that nobody has declared private, where one is there.
pub struct Asking<'a> {
    scene: &'a Scene,
    declared: Declared<'a>,
    guarded: Guarded<'a>,
}

impl<'a> Asking<'a> {
    /// Asks on this stage.
    pub fn new(scene: &'a Scene) -> Self {
        let repo = &scene.lab.repo;
        Self { scene, declared: Declared::new(repo), guarded: Guarded::new(repo) }
    }
}

impl UploadCheck for Asking<'_> {
    fn check(&self, upload: &Upload) -> Result<()> {
        self.declared(upload)?;
        self.guarded.check(upload)?;
        let warnings = self.guarded.warnings();
        if let Some(first) = warnings.first() {
            let told = format!("{}, {}: `gx guard scan`", first.what, count(warnings.len(), "finding"));
            self.scene.output.note("warning", Label::Near, &told);
        }
        Ok(())
    }
}

impl Asking<'_> {
    fn declared(&self, upload: &Upload) -> Result<()> {
        let declared = &self.declared;
        let Err(refused) = declared.check(upload) else { return Ok(()) };
        let told = tell(&refused);
        if told.exit != Exit::Blocked || !is_watched(self.scene.output) {
            return Err(refused);
        }
        let question = format!("{}. Declare it private and go on?", told.message);
        if !asks(self.scene.output, &question) {
            return Err(refused);
        }
        declared.declare(&upload.remote, &upload.urls)?;
        // Asked again: the address may have changed while the person thought about it.
        let urls = self.scene.lab.repo.push_urls(&upload.remote)?;
        declared.check(&Upload { urls, ..upload.clone() })
    }
}
