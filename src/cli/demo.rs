//! `gx demo`

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde::Deserialize;

use crate::error::{Exit, fault, misuse};
use crate::git::repo::Repo;
use crate::process::command::{Ended, Program};
use crate::process::find;
use crate::ui::output::Output;

/// What the lab consists of; it is committed as it is before the first experiment.
const FILES: [(&str, &str); 6] = [
    (".gitignore", include_str!("../../fixtures/demo/.gitignore")),
    ("gx.toml", include_str!("../../fixtures/demo/gx.toml")),
    ("prepare.py", include_str!("../../fixtures/demo/prepare.py")),
    ("program.md", include_str!("../../fixtures/demo/program.md")),
    ("text.txt", include_str!("../../fixtures/demo/text.txt")),
    ("train.py", include_str!("../../fixtures/demo/train.py")),
];

/// The edits that are tried in it.
const SERIES: &str = include_str!("../../fixtures/demo/series.toml");

/// Make a small real lab and run a series of real experiments in it
///
/// The trainer is a character-level language model in plain Python 3; a run takes a few seconds.
#[derive(Debug, Args)]
pub struct Demo {
    /// An empty or new folder (default: gx-demo in the current one)
    dir: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Series {
    next: Vec<String>,
    edit: Vec<Edit>,
}

/// One idea: a text of a file and what it becomes; without them, a run of what is there.
#[derive(Deserialize)]
struct Edit {
    hypothesis: String,
    category: String,
    file: Option<String>,
    find: Option<String>,
    replace: Option<String>,
    timeout: Option<String>,
}

impl Demo {
    /// Runs it.
    pub fn run(&self, output: Output) -> Result<Exit> {
        let series: Series = toml::from_str(SERIES).context("the series of the demo cannot be read")?;
        find::program("python3".as_ref(), Path::new("."))
            .map_err(|_| fault("the demo's trainer needs `python3`").hint("install Python 3.8 or newer"))?;
        let lab = Stage::build(&self.folder()?, output)?;
        lab.say(&format!("# a new lab in {}", lab.dir.display()))?;
        lab.gx(&["init", "--tag", "demo"])?;
        for (number, edit) in series.edit.iter().enumerate() {
            lab.say(&format!("\n# {} of {}: {}", number + 1, series.edit.len(), edit.hypothesis))?;
            lab.attempt(edit)?;
        }
        for arguments in [&["ls"][..], &["best"], &["near"]] {
            lab.say("")?;
            lab.gx(arguments)?;
        }
        lab.compare()?;
        lab.say(&format!("\n# what to try next, in {}", lab.dir.display()))?;
        series.next.iter().try_for_each(|idea| lab.say(&format!("  {idea}")))?;
        Ok(Exit::Done)
    }

    fn folder(&self) -> Result<PathBuf> {
        let Some(dir) = &self.dir else {
            let names =
                (1..).map(|number| if number == 1 { "gx-demo".into() } else { format!("gx-demo-{number}") });
            return names
                .map(PathBuf::from)
                .find(|dir| !dir.exists())
                .ok_or_else(|| anyhow!("no name is free"));
        };
        let is_taken = dir.exists() && fs::read_dir(dir).map_or(true, |mut inside| inside.next().is_some());
        if is_taken {
            return Err(misuse(format!("{} is not an empty folder", dir.display()))
                .hint("name a new one: `gx demo DIR`")
                .into());
        }
        Ok(dir.clone())
    }
}

/// The lab while the series is played in it.
struct Stage {
    dir: PathBuf,
    gx: PathBuf,
    output: Output,
    environment: BTreeMap<&'static str, &'static str>,
}

impl Stage {
    fn build(dir: &Path, output: Output) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        for (name, content) in FILES {
            fs::write(dir.join(name), content).with_context(|| format!("cannot write {name}"))?;
        }
        Repo::create(&dir, "A lab: a small trainer, its evaluator and a text\n")?;
        // Output of the pager would stop the series at every diff.
        let environment = BTreeMap::from([("GIT_PAGER", "cat")]);
        Ok(Self { dir, gx: env::current_exe().context("cannot find gx itself")?, output, environment })
    }

    fn say(&self, line: &str) -> Result<()> {
        self.output.raw(format!("{line}\n").as_bytes())
    }

    /// Calls gx as a user would, and shows the call.
    fn gx(&self, arguments: &[&str]) -> Result<Ended> {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        self.say(&format!("$ gx {}", words.join(" ")))?;
        let mut program = Program::new(&self.gx).args(arguments).dir(&self.dir).inherit_output();
        for (name, value) in &self.environment {
            program = program.env(name, value);
        }
        if self.output.is_json() {
            program = program.arg("--json");
        }
        let status = program.output()?.status;
        match status {
            Ended::Exit(code) if ![1, 2, 130].contains(&code) => Ok(status),
            _ => Err(fault("the series was broken off")
                .hint(format!("the lab is in {}", self.dir.display()))
                .into()),
        }
    }

    fn attempt(&self, edit: &Edit) -> Result<()> {
        if let (Some(file), Some(find), Some(replace)) = (&edit.file, &edit.find, &edit.replace) {
            let path = self.dir.join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
            if text.matches(find.as_str()).count() != 1 {
                return Err(anyhow!("{file} does not hold `{find}` once"));
            }
            fs::write(&path, text.replacen(find, replace, 1))
                .with_context(|| format!("cannot write {file}"))?;
        }
        let mut arguments = vec!["run", "--hypothesis", &edit.hypothesis, "--category", &edit.category];
        if let Some(timeout) = &edit.timeout {
            arguments.extend(["--timeout", timeout]);
        }
        self.gx(&arguments)?;
        Ok(())
    }

    /// Compares the first with the best, whichever that is.
    fn compare(&self) -> Result<()> {
        let listed = Program::new(&self.gx).args(["best", "--json"]).dir(&self.dir).run()?;
        let bests: serde_json::Value = serde_json::from_slice(&listed)?;
        let best = bests["tags"][0]["id"].as_str().context("the series has kept nothing")?.to_owned();
        self.say("")?;
        self.gx(&["diff", "exp-1", &best])?;
        Ok(())
    }
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '"', '\'']) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        word.to_owned()
    }
}
