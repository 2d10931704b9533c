//! The lab of a demo, and gx called in it as a user would.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Fault, fault};
use crate::git::repo::Repo;
use crate::process::command::{Ended, Program};
use crate::ui::output::Output;

/// What the lab consists of; it is committed as it is before the first experiment.
const FILES: [(&str, &str); 6] = [
    (".gitignore", include_str!("../../../fixtures/demo/.gitignore")),
    ("gx.toml", include_str!("../../../fixtures/demo/gx.toml")),
    ("prepare.py", include_str!("../../../fixtures/demo/prepare.py")),
    ("program.md", include_str!("../../../fixtures/demo/program.md")),
    ("text.txt", include_str!("../../../fixtures/demo/text.txt")),
    ("train.py", TRAINER),
];

/// How often a command that somebody kills is called again before the demo gives up.
pub const TRIES: usize = 20;

/// The baseline's trainer.
pub const TRAINER: &str = include_str!("../../../fixtures/demo/train.py");

/// Ideas to try, and what may come after them.
#[derive(Deserialize)]
pub struct Series {
    /// What a reader may try next.
    pub next: Vec<String>,
    /// The ideas.
    pub edit: Vec<Edit>,
}

/// One idea: a text of the trainer and what it becomes; without them, a run of what is there.
#[derive(Default, Deserialize)]
pub struct Edit {
    /// The idea.
    pub hypothesis: String,
    /// What kind of idea it is.
    pub category: String,
    /// Occurs once in the trainer.
    pub find: Option<String>,
    /// What stands there afterwards.
    pub replace: Option<String>,
    /// A time limit of its own.
    pub timeout: Option<String>,
}

impl Edit {
    /// A trainer with this idea in it.
    pub fn applied(&self, trainer: &str) -> Result<String> {
        let (Some(find), Some(replace)) = (&self.find, &self.replace) else { return Ok(trainer.to_owned()) };
        if trainer.matches(find.as_str()).count() != 1 {
            return Err(anyhow!("train.py does not hold `{find}` once"));
        }
        Ok(trainer.replacen(find, replace, 1))
    }

    /// The `gx run` that tries it.
    pub fn arguments<'a>(&'a self, flags: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["run"];
        arguments.extend(flags);
        arguments.extend(["--hypothesis", &self.hypothesis, "--category", &self.category]);
        if let Some(timeout) = &self.timeout {
            arguments.extend(["--timeout", timeout]);
        }
        arguments
    }
}

/// The lab while a series is played in it.
pub struct Stage {
    /// Its folder.
    pub dir: PathBuf,
    /// Where it is told.
    pub output: Output,
    gx: PathBuf,
    environment: BTreeMap<&'static str, &'static str>,
}

impl Stage {
    /// Makes the lab; `more` is added to its gx.toml.
    pub fn build(dir: &Path, more: &str, output: Output) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        for (name, content) in FILES {
            let more = if name == "gx.toml" { more } else { "" };
            fs::write(dir.join(name), format!("{content}{more}"))
                .with_context(|| format!("cannot write {name}"))?;
        }
        Repo::create(&dir, "A lab: a small trainer, its evaluator and a text\n")?;
        // Output of the pager would stop the series at every diff.
        let environment = BTreeMap::from([("GIT_PAGER", "cat")]);
        Ok(Self { dir, gx: env::current_exe().context("cannot find gx itself")?, output, environment })
    }

    /// Tells the reader something.
    pub fn say(&self, line: &str) -> Result<()> {
        self.output.raw(format!("{line}\n").as_bytes())
    }

    /// The trainer as it stands in the lab.
    pub fn trainer(&self) -> Result<String> {
        fs::read_to_string(self.dir.join("train.py")).context("cannot read train.py")
    }

    /// Edits the trainer.
    pub fn edit(&self, trainer: &str) -> Result<()> {
        fs::write(self.dir.join("train.py"), trainer).context("cannot write train.py")
    }

    /// Calls gx as a user would, and shows the call; any verdict will do.
    pub fn gx(&self, arguments: &[&str]) -> Result<()> {
        match self.call(arguments)? {
            Ended::Exit(code) if ![1, 2, 130].contains(&code) => Ok(()),
            _ => Err(self.broken_off().into()),
        }
    }

    /// As [`Self::gx`], for what may be called twice: where it is killed, again.
    pub fn insist(&self, arguments: &[&str]) -> Result<()> {
        for _ in 0..TRIES {
            match self.call(arguments)? {
                Ended::Exit(1 | 2 | 130) => break,
                Ended::Exit(_) => return Ok(()),
                killed @ Ended::Signal(_) => self.say(&format!("# it ended with {killed}; again"))?,
            }
        }
        Err(self.broken_off().into())
    }

    /// Calls gx and shows the call; says how it ended, killed among it.
    pub fn call(&self, arguments: &[&str]) -> Result<Ended> {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        self.say(&format!("$ gx {}", words.join(" ")))?;
        let mut program = self.program(arguments).inherit_output();
        if self.output.is_json() {
            program = program.arg("--json");
        }
        Ok(program.output()?.status)
    }

    /// gx in the lab, not yet called.
    pub fn program(&self, arguments: &[&str]) -> Program {
        let program = Program::new(&self.gx).args(arguments).dir(&self.dir);
        self.environment.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    /// Calls git and shows the call.
    pub fn git(&self, arguments: &[&str]) -> Result<()> {
        self.say(&format!("$ git {}", arguments.join(" ")))?;
        Program::new("git").args(arguments).dir(&self.dir).run().map(drop)
    }

    /// What gx answers; nothing where it was killed or failed.
    pub fn ask(&self, arguments: &[&str]) -> Option<Value> {
        let output = self.program(arguments).arg("--json").output().ok()?;
        serde_json::from_slice(&output.stdout).ok()
    }

    /// The fault that ends a series early.
    pub fn broken_off(&self) -> Fault {
        fault("the series was broken off").hint(format!("the lab is in {}", self.dir.display()))
    }

    /// What [`Self::ask`] answers in the end, however often it is killed.
    fn insist_on(&self, arguments: &[&str]) -> Value {
        (0..TRIES).find_map(|_| self.ask(arguments)).unwrap_or_default()
    }

    /// Compares the first with the best, whichever that is.
    pub fn compare(&self) -> Result<()> {
        let bests = self.insist_on(&["best"]);
        let Some(best) = bests["tags"][0]["id"].as_str() else {
            return self.say("# nothing was kept, so there is nothing to compare");
        };
        self.say("")?;
        self.insist(&["diff", "exp-1", best])
    }

    /// The last words.
    pub fn part(&self, next: &[String]) -> Result<()> {
        self.say(&format!("\n# what to try next, in {}", self.dir.display()))?;
        next.iter().try_for_each(|idea| self.say(&format!("  {idea}")))
    }
}

/// A word as a shell would need it.
fn quoted(word: &str) -> String {
    if word.contains([' ', '"', '\'']) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        word.to_owned()
    }
}
