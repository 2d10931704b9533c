//! `gx logs`

use std::ops::ControlFlow;

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::config::ui::Paging;
use crate::error::{Exit, fault};
use crate::process::log;
use crate::report::done::Log;
use crate::store::experiments::Stored;
use crate::ui::screen::Screen;

/// Print the log of an experiment, with -f for as long as it grows
#[derive(Debug, Args)]
pub struct Logs {
    /// The experiment
    id: String,
    /// Only the last lines
    #[arg(long, value_name = "LINES")]
    tail: Option<usize>,
    /// Go on until the run has ended; wait for one that is queued
    #[arg(long, short)]
    follow: bool,
}

impl Logs {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let stored = scene.resolve(&self.id)?;
        let is_known = scene.store().log_file(&stored.id).exists() || !is_over(scene, &stored)?;
        if self.follow && is_known {
            self.follow(scene, &stored)?;
            if !scene.output.is_json() {
                return Ok(Exit::Done);
            }
        }
        let log = match scene.store().log(&stored)? {
            Some(log) => log,
            // A run that printed nothing has no note.
            None if stored.id.site().is_none() && is_over(scene, &stored)? => Vec::new(),
            None => {
                let told = fault(format!("{} has no log", stored.id));
                let told = if stored.id.site().is_some() {
                    told.hint("fetch the logs too: `gx pull --logs`")
                } else {
                    told
                };
                return Err(told.hint(format!("see what is known: `gx show {}`", stored.id)).into());
            }
        };
        let log = match self.tail {
            Some(lines) => last_lines(&log, lines),
            None => &log,
        };
        if scene.output.is_json() {
            scene.output.show(&Log { id: stored.id, log: String::from_utf8_lossy(log).into_owned() })?;
        } else if scene.output.is_terminal() {
            let mut screen = Screen::default();
            let shown = screen.take(log) + &screen.rest();
            // What was followed has been read already, down to here.
            let output = if self.follow { scene.output.paged(Paging::Never) } else { scene.output };
            output.whole(shown.as_bytes())?;
        } else {
            scene.output.raw(log)?;
        }
        Ok(Exit::Done)
    }

    /// Shows it while it grows; as JSON it is shown when it has ended.
    fn follow(&self, scene: &Scene, stored: &Stored) -> Result<()> {
        let (store, output) = (scene.store(), scene.output);
        let path = store.log_file(&stored.id);
        let from = self.tail.map_or(0, |lines| log::start_of_tail(&path, lines).unwrap_or(0));
        let (mut screen, is_terminal) = (Screen::default(), output.is_terminal());
        scene.runner(&store).follow_log(stored, from, &mut |piece| {
            let is_heard = match (output.is_json(), is_terminal) {
                (true, _) => true,
                (false, false) => output.stream(piece)?,
                (false, true) if piece.is_empty() => output.stream(screen.rest().as_bytes())?,
                (false, true) => output.stream(screen.take(piece).as_bytes())?,
            };
            Ok(if is_heard { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    }
}

/// Whether a command of gx has run to its end; what was imported or registered never had a log.
fn is_over(scene: &Scene, stored: &Stored) -> Result<bool> {
    let record = scene.store().record(stored.snapshot)?;
    Ok(record.status().is_final() && record.fields().contains_key("command"))
}

fn last_lines(log: &[u8], lines: usize) -> &[u8] {
    let body = log.strip_suffix(b"\n").unwrap_or(log);
    let starts = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = if lines == 0 { log.len() } else { starts.take(lines).nth(lines - 1).unwrap_or(0) };
    &log[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_cut_at_line_borders() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), b"b\nc\n");
        assert_eq!(last_lines(b"a\nb\nc", 1), b"c");
        assert_eq!(last_lines(b"a\nb\n", 9), b"a\nb\n");
        assert_eq!(last_lines(b"a\n", 0), b"");
    }
}
