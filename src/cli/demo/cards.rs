//! `gx demo --gpus N`: eight ideas at once on made-up cards, whatever is killed meanwhile.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cli::demo::rounds::Rounds;
use crate::cli::demo::stage::{Edit, Series, Stage, TRAINER, TRIES};
use crate::git::repo::Repo;
use crate::process::command::Ended;
use crate::ui::output::Output;

/// The ideas that are tried side by side.
const IDEAS: &str = include_str!("../../../fixtures/demo/cards.toml");

/// Where its keeps go.
const BRANCH: &str = "autoresearch/demo";

/// How long a supervisor whose client was killed may take until its experiment has a record.
const RECORDED: Duration = Duration::from_secs(5);

/// Eight ideas and their lab.
pub struct Crowd {
    stage: Stage,
    ideas: Series,
    cards: u32,
}

impl Crowd {
    /// Makes a lab with so many made-up cards. Their locks lie in the lab, so that no real card waits for them.
    pub fn gather(dir: &Path, cards: u32, output: Output) -> Result<Self> {
        let ideas = toml::from_str(IDEAS).context("the ideas of the demo cannot be read")?;
        let more = format!(
            "\n[gpu]\n# Made-up cards, for machines without one; \"auto\" finds the real ones.\nsource = \"fixed\"\ncount = {cards}\n"
        );
        let stage = Stage::build(dir, &more, output)?;
        let repo = Repo::discover(&stage.dir)?;
        let locks = repo.gx_dir().join("cards");
        repo.set_setting("gx.gpu.lockDir", &locks.display().to_string())?;
        Ok(Self { stage, ideas, cards })
    }

    /// Plays it to the end.
    pub fn play(&self) -> Result<()> {
        let stage = &self.stage;
        let mut rounds = Rounds::new(stage);
        self.welcome()?;
        self.set_up()?;
        stage.say("\n# the baseline, on one card")?;
        let baseline = Edit { hypothesis: "baseline".into(), category: "other".into(), ..Edit::default() };
        self.submit(&baseline, &["--gpus", "1"])?;
        rounds.know();
        rounds.until_all_ended()?;
        stage.say(
            "\n# eight ideas, all of them edits of the baseline; each is put back as soon as it is recorded",
        )?;
        // A keep moves the branch: whoever edits meanwhile stands beside it.
        stage.git(&["switch", "--quiet", "--detach"])?;
        for idea in &self.ideas.edit {
            self.submit(idea, &["--detach", "--gpus", "1", "--put-back", "--stay", "--tag", "demo"])?;
        }
        stage.edit(TRAINER)?;
        stage.say(&format!("\n# they share {} cards; the queue is first come, first served", self.cards))?;
        rounds.until_all_ended()?;
        stage.git(&["switch", "--quiet", BRANCH])?;
        for arguments in [&["wait", "--all"][..], &["ls"], &["best"], &["near"]] {
            stage.say("")?;
            stage.insist(arguments)?;
        }
        stage.compare()?;
        stage.part(&self.ideas.next)
    }

    fn welcome(&self) -> Result<()> {
        let (dir, cards) = (self.stage.dir.display(), self.cards);
        self.stage.say(&format!("# a new lab in {dir}, with {cards} made-up cards"))?;
        self.stage.say(
            "# there is no daemon: every run has a supervisor of its own, so kill -9 whatever you like",
        )?;
        self.stage.say("# if it is this demo, the experiments go on; come back to them with:")?;
        self.stage.say(&format!("#   cd {dir}; gx wait --all"))
    }

    /// Sets the lab up; a second `gx init` finishes what one left that was killed.
    fn set_up(&self) -> Result<()> {
        match self.stage.call(&["init", "--tag", "demo"])? {
            Ended::Exit(0) => return Ok(()),
            Ended::Exit(_) => return Err(self.stage.broken_off().into()),
            killed @ Ended::Signal(_) => self.stage.say(&format!("# it ended with {killed}; again"))?,
        }
        // It would take what it finds written already for somebody else's, and not commit it.
        self.stage.git(&["restore", "--quiet", "."])?;
        if Repo::discover(&self.stage.dir)?.has_branch(BRANCH)? {
            self.stage.git(&["switch", "--quiet", BRANCH])?;
            return self.stage.insist(&["init"]);
        }
        self.set_up()
    }

    /// Begins an idea, exactly once, even where its `gx run` is killed on the way.
    fn submit(&self, idea: &Edit, flags: &[&str]) -> Result<()> {
        let stage = &self.stage;
        for _ in 0..TRIES {
            stage.edit(&idea.applied(TRAINER)?)?;
            let ended = stage.call(&idea.arguments(flags))?;
            let patience = match ended {
                Ended::Exit(2 | 130) => return Err(stage.broken_off().into()),
                Ended::Exit(1) => Duration::ZERO,
                Ended::Exit(_) => return Ok(()),
                Ended::Signal(_) => RECORDED,
            };
            stage.say(&format!("# that gx ended with {ended}"))?;
            if self.is_recorded_within(patience, idea) {
                return stage.say("# its experiment is recorded and goes on without it");
            }
            stage.say("# it had recorded nothing yet: once more")?;
        }
        Err(stage.broken_off().into())
    }

    fn is_recorded_within(&self, patience: Duration, idea: &Edit) -> bool {
        let began = Instant::now();
        loop {
            if self.is_recorded(idea) {
                return true;
            }
            if began.elapsed() >= patience {
                return false;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn is_recorded(&self, idea: &Edit) -> bool {
        let listed = self.stage.ask(&["ls"]).unwrap_or_default();
        let rows = listed["experiments"].as_array().cloned().unwrap_or_default();
        rows.iter().any(|row: &Value| row["hypothesis"] == idea.hypothesis.as_str())
    }
}
