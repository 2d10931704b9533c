//! `gx recover`

use std::env;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::outcome::Tree;
use crate::report::recovered::{Again, Installation, Recovered};
use crate::run::recover::{Deed, Interrupted, Recovery};

/// Go on after a reboot or a kill: restart what is queued, watch over what trains, settle the rest
///
/// It is safe to call at any time and as often as you like; what is looked after is left alone.
#[derive(Debug, Args)]
pub struct Recover {
    /// Put runs that a reboot or a kill has interrupted back into the queue (isolated ones, for a week)
    #[arg(long)]
    requeue: bool,
    /// Print a unit for systemd and a line for cron that do it at every boot; nothing is installed
    #[arg(long)]
    install: bool,
}

impl Recover {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if self.install {
            let gx = env::current_exe().context("cannot find gx itself")?;
            let dir = scene.lab.repo.work_dir().canonicalize().context("cannot find the work tree")?;
            scene.output.show(&installation(&gx, &dir, self.requeue))?;
            return Ok(Exit::Done);
        }
        let store = scene.store();
        let interrupted = if self.requeue { Interrupted::Requeue } else { Interrupted::Stay };
        let done = scene.runner(&store).recover(interrupted)?;
        let is_failed = done.runs.iter().any(|run| matches!(run.deed, Deed::Failed(_)));
        let experiments: Vec<Again> = done.runs.into_iter().map(again).collect();
        let is_open = experiments.iter().any(|run| !run.status.is_final() && run.done != "failed");
        let next = match () {
            () if !done.interrupted.is_empty() => {
                let names: Vec<_> = done.interrupted.iter().map(ToString::to_string).collect();
                Some(format!("gx recover --requeue   (interrupted: {})", names.join(" ")))
            }
            () => is_open.then(|| "gx wait --all".to_owned()),
        };
        scene.output.show(&Recovered { experiments, interrupted: done.interrupted, next })?;
        Ok(if is_failed { Exit::Failed } else { Exit::Done })
    }
}

fn again(Recovery { id, status, deed }: Recovery) -> Again {
    let (done, why, tree) = match deed {
        Deed::Settled(settled) => ("settled", None, Some(Tree::of(settled.tree))),
        Deed::Restarted => ("restarted", None, None),
        Deed::Requeued => ("requeued", None, None),
        Deed::Adopted => ("adopted", None, None),
        Deed::Failed(why) => ("failed", Some(why), None),
    };
    Again { id, status, done, why, tree }
}

fn installation(gx: &Path, dir: &Path, requeue: bool) -> Installation {
    let flag = if requeue { " --requeue" } else { "" };
    let name: String = dir.file_name().unwrap_or_default().to_string_lossy().chars().map(plain).collect();
    let unit = format!("gx-recover-{name}.service");
    let (gx, dir) = (gx.display().to_string(), dir.display().to_string());
    let words = format!("{} -C {} recover{flag}", for_systemd(&gx), for_systemd(&dir));
    Installation {
        unit_file: format!("~/.config/systemd/user/{unit}"),
        // The supervisors outlive the command: the unit has to stay active, or systemd would end them.
        unit: format!(
            "[Unit]\nDescription=gx goes on with the experiments of {}\n\n[Service]\nType=oneshot\n\
             RemainAfterExit=yes\nExecStart={words}\n\n[Install]\nWantedBy=default.target\n",
            dir.replace('%', "%%")
        ),
        commands: vec![
            format!("systemctl --user daemon-reload && systemctl --user enable {unit}"),
            "loginctl enable-linger   # so that it starts at boot and not at your first login".to_owned(),
        ],
        crontab: format!("@reboot {} -C {} recover{flag}", for_cron(&gx), for_cron(&dir)),
    }
}

fn plain(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' }
}

/// A word of `ExecStart=`, see systemd.service(5).
fn for_systemd(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A word for the shell within a line of crontab(5), where `%` ends the command.
fn for_cron(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''").replace('%', "\\%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_every_odd_character_stays_one_word() {
        let odd = "/a b/100%/it's \"$x\"";
        assert_eq!(for_systemd(odd), r#""/a b/100%%/it's \"$$x\"""#.replace("\\\\", "\\"));
        assert_eq!(for_cron(odd), r#"'/a b/100\%/it'\''s "$x"'"#.replace("\\\\", "\\"));
    }
}
