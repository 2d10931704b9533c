//! `gx hook`: what Git calls

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::error::{Exit, Told, fault, tell};
use crate::lab::Lab;
use crate::mirror::guard::ask::{ask, unchecked};
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::mirror::hook::{alarm, chain, passed, probe};
use crate::report::guard::Guard;
use crate::ui::output::Output;
use crate::ui::style::Label;

/// How long the hook may look, in seconds: a server hangs up on a push that is silent for minutes.
const PATIENCE: u64 = 60;

/// How much longer it may take to notice that the time is over.
const GRACE: Duration = Duration::from_secs(10);

/// What Git calls through the scripts that `gx guard install` puts in
#[derive(Debug, Args)]
pub struct Hook {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    PrePush(PrePush),
    ReferenceTransaction(ReferenceTransaction),
}

#[derive(Debug, Args)]
struct PrePush {
    #[arg(long)]
    script: PathBuf,
    #[arg(last = true, num_args = 2..)]
    arguments: Vec<String>,
}

#[derive(Debug, Args)]
struct ReferenceTransaction {
    #[arg(long)]
    script: PathBuf,
    #[arg(long)]
    first: Option<String>,
    #[arg(last = true, required = true)]
    arguments: Vec<String>,
}

impl Hook {
    /// Runs it; the exit code is 1 where the guard refuses, else that of the hook that was there before.
    pub fn run(&self, output: Output) -> Result<u8> {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input).context("cannot read what git says")?;
        match &self.which {
            Which::PrePush(hook) => Ok(hook.run(output, &input)),
            Which::ReferenceTransaction(hook) => hook.run(output, input),
        }
    }
}

impl PrePush {
    fn run(&self, output: Output, input: &[u8]) -> u8 {
        match self.look(output, input) {
            Ok(Exit::Done) => {}
            Ok(_) => return Exit::Failed.code(),
            Err(error) => {
                output.error(&tell(&error));
                return Exit::Failed.code();
            }
        }
        chain::run(&self.script, &self.arguments, input).unwrap_or_else(|error| {
            output.error(&tell(&error));
            Exit::Failed.code()
        })
    }

    fn look(&self, output: Output, input: &[u8]) -> Result<Exit> {
        let [name, url, ..] = &self.arguments[..] else {
            return Err(fault("git calls the hook with a name and an address").exit(Exit::Unchecked).into());
        };
        let lab = here()?;
        if let Some(number) = env::var_os(probe::VARIABLE) {
            let told = Told {
                message: probe::answer(&number.to_string_lossy()),
                hints: Vec::new(),
                exit: Exit::Failed,
            };
            output.error(&told);
            return Ok(Exit::Failed);
        }
        let updates = Update::read_pushed(input).map_err(unchecked)?;
        if updates.is_empty() {
            return Ok(Exit::Done);
        }
        let patience = lab.repo.setting("gx.guard.patience").and_then(|text| text.parse().ok());
        let patience = Duration::from_secs(patience.unwrap_or(PATIENCE));
        let (asked_name, asked_url) = (name.clone(), url.clone());
        let answer = in_time(patience + GRACE, move || {
            let lab = here()?;
            let asked = ask(&lab.repo, &asked_name, &asked_url, &updates, &Limits::within(patience))?;
            let answer = Guard::of(&[asked]);
            if answer.exit() == Exit::Done && !answer.places.iter().any(|place| place.is_private) {
                passed::remember(&lab.repo.gx_dir(), &updates)?;
            }
            Ok(answer)
        })?;
        if !answer.findings.is_empty() {
            output.aside(&answer);
        }
        Ok(answer.exit())
    }
}

impl ReferenceTransaction {
    fn run(&self, output: Output, rest: Vec<u8>) -> Result<u8> {
        let mut input = self.first.clone().map(String::into_bytes).unwrap_or_default();
        if !input.is_empty() {
            input.push(b'\n');
        }
        input.extend(rest);
        if self.arguments.first().is_some_and(|state| state == "committed") {
            // What has moved has moved: nothing that goes wrong here may stop Git.
            let heard = here().and_then(|lab| alarm::heed(&lab.repo, &input));
            match heard {
                Ok(raised) => raised.iter().for_each(|alarm| tell_alarm(output, alarm)),
                Err(error) => {
                    output.note("warning", Label::Near, &format!("the guard cannot look: {error:#}"));
                }
            }
        }
        chain::run(&self.script, &self.arguments, &input)
    }
}

fn tell_alarm(output: Output, alarm: &alarm::Alarm) {
    let told = format!(
        "{} went to `{}` and the guard was not asked; look into it: `gx guard audit`",
        alarm.reference, alarm.remote
    );
    output.note("alarm", Label::Bad, &told);
}

/// The repository that Git has called the hook in.
fn here() -> Result<Lab> {
    let dir = env::current_dir().context("the current folder is gone")?;
    let named = env::var_os("GIT_DIR").map(PathBuf::from).map(|path| dir.join(path));
    let real = |path: &Path| path.canonicalize().ok();
    match (Lab::open(&dir, &[]), named) {
        (Ok(lab), Some(named)) if real(&named) != real(lab.repo.git_dir()) => Lab::open(&named, &[]),
        (Err(_), Some(named)) => Lab::open(&named, &[]),
        (lab, _) => lab,
    }
}

/// Waits so long for an answer. The thread that is late ends with the program.
fn in_time<T: Send + 'static>(
    limit: Duration,
    look: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (say, hear) = mpsc::channel();
    thread::spawn(move || say.send(look()));
    match hear.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(fault(format!(
            "the guard was not done within {} s, and the push is stopped",
            limit.as_secs()
        ))
        .hint("let it look without hurry, and push again: `gx guard scan`")
        .exit(Exit::Unchecked)
        .into()),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(fault("the guard broke off").exit(Exit::Unchecked).into())
        }
    }
}
