//! `gx hook`: what Git calls

use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::error::{Exit, Told, fault, misuse, tell};
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
    /// The hook, and what its script says: of whatever build of gx that is, none of its words is a mistake
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<OsString>,
}

/// What a script has said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    /// Where it lies; nothing where it does not say so.
    script: Option<PathBuf>,
    /// The first line of what Git said, where the script has read that by itself, as those of an older build do.
    first: Option<OsString>,
    /// What Git has called it with.
    arguments: Vec<OsString>,
}

impl Call {
    /// Reads the words that follow the name of the hook; those that say nothing to this gx are passed over.
    fn read(words: &[OsString]) -> Self {
        let mut call = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--script") => call.script = words.next().map(PathBuf::from),
                Some("--first") => call.first = words.next().cloned(),
                Some("--") => call.arguments = words.by_ref().cloned().collect(),
                _ => {}
            }
        }
        call
    }

    /// Runs the hook that was there before.
    fn chained(&self, input: &[u8]) -> Result<u8> {
        self.script.as_ref().map_or(Ok(0), |script| chain::run(script, &self.arguments, input))
    }
}

impl Hook {
    /// Runs it; the exit code is 1 where the guard refuses, else that of the hook that was there before.
    pub fn run(&self, output: Output) -> Result<u8> {
        let Some((hook, words)) = self.words.split_first() else { return Ok(Exit::Failed.code()) };
        let call = Call::read(words);
        let mut input: Vec<u8> =
            call.first.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
        std::io::stdin().read_to_end(&mut input).context("cannot read what git says")?;
        match hook.to_str() {
            Some("pre-push") => Ok(PrePush { call }.run(output, &input)),
            Some("reference-transaction") => ReferenceTransaction { call }.run(output, &input),
            _ => Err(misuse(format!("gx has no hook `{}`", hook.to_string_lossy())).into()),
        }
    }
}

struct PrePush {
    call: Call,
}

struct ReferenceTransaction {
    call: Call,
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
        self.call.chained(input).unwrap_or_else(|error| {
            output.error(&tell(&error));
            Exit::Failed.code()
        })
    }

    fn look(&self, output: Output, input: &[u8]) -> Result<Exit> {
        let ([name, url, ..], Some(_)) = (&self.call.arguments[..], &self.call.script) else {
            return Err(fault("the hook was not called with its script, a name and an address")
                .hint("write it anew: `gx guard install`")
                .exit(Exit::Unchecked)
                .into());
        };
        let lab = here()?;
        if is_probe(output) {
            return Ok(Exit::Failed);
        }
        let updates = Update::read_pushed(input).map_err(unchecked)?;
        if updates.is_empty() {
            return Ok(Exit::Done);
        }
        let patience = patience(output, lab.repo.setting("gx.guard.patience").as_deref());
        let [asked_name, asked_url] = [name, url].map(|word| word.to_string_lossy().into_owned());
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
    fn run(&self, output: Output, input: &[u8]) -> Result<u8> {
        if is_probe(output) {
            return Ok(Exit::Done.code());
        }
        if self.call.arguments.first().is_some_and(|state| state == "committed") {
            // What has moved has moved: nothing that goes wrong here may stop Git.
            let heard = here().and_then(|lab| alarm::heed(&lab.repo, input));
            match heard {
                Ok(raised) => raised.iter().for_each(|alarm| tell_alarm(output, alarm)),
                Err(error) => {
                    output.note("warning", Label::Near, &format!("the guard cannot look: {error:#}"));
                }
            }
        }
        self.call.chained(input)
    }
}

/// How long it may take; a setting that is none is told, and not minded.
fn patience(output: Output, setting: Option<&str>) -> Duration {
    let seconds = setting.and_then(|text| text.parse().ok());
    if let (Some(text), None) = (setting, seconds) {
        let told = format!(
            "`gx.guard.patience` is `{text}`, which is no number of seconds; it is {PATIENCE} s here"
        );
        output.note("warning", Label::Near, &told);
    }
    Duration::from_secs(seconds.unwrap_or(PATIENCE))
}

/// Answers a self-test, whose push or move means nothing.
fn is_probe(output: Output) -> bool {
    let Some(number) = env::var_os(probe::VARIABLE) else { return false };
    let message = probe::answer(&number.to_string_lossy());
    output.error(&Told { message, hints: Vec::new(), exit: Exit::Failed });
    true
}

fn tell_alarm(output: Output, alarm: &alarm::Alarm) {
    let told = format!("{} went to `{}` past the guard: `gx guard audit`", alarm.reference, alarm.remote);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_build_are_read_and_those_after_the_dashes_are_gits() {
        let read = |text: &str| Call::read(&text.split(' ').map(OsString::from).collect::<Vec<_>>());
        let told = read("--script .git/hooks/x --newer=1 word --first a -- committed --script");
        assert_eq!(told.script.as_deref(), Some(Path::new(".git/hooks/x")));
        assert_eq!(
            (told.first, told.arguments),
            (Some("a".into()), vec!["committed".into(), "--script".into()])
        );
        assert_eq!(read("--script"), Call::default());
    }
}
