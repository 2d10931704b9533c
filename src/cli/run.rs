//! `gx run`

use anyhow::Result;
use clap::Args;

use crate::cli::input::{self, Limit};
use crate::cli::scene::Scene;
use crate::config::nearest::nearest;
use crate::error::{Exit, misuse};
use crate::model::status::CATEGORIES;
use crate::report::outcome::Outcome;
use crate::run::event::Event;
use crate::run::lock::Patience;
use crate::run::runner::{Job, Request};
use crate::ui::output::Output;
use crate::ui::progress::Progress;
use crate::ui::style::Label;

/// Run an experiment: record it, train, keep the edit if the metric improved, else put it back
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    idea: Idea,
    /// Kill the run after this time, such as `10m` (0: never)
    #[arg(long, value_name = "TIME", value_parser = input::limit)]
    timeout: Option<Limit>,
    /// Move neither branch nor files, whatever the outcome
    #[arg(long)]
    leave: bool,
    /// Wait while another run has this work tree
    #[arg(long)]
    wait: bool,
    /// The command, instead of the configured one
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

/// What an experiment says about itself.
#[derive(Debug, Args)]
pub struct Idea {
    /// What is tried and why, in a sentence
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "stdin")]
    hypothesis: Option<String>,
    /// What kind of idea it is
    #[arg(long, value_name = "WORD")]
    category: Option<String>,
    /// The run tag, instead of the branch's
    #[arg(long)]
    tag: Option<String>,
    /// More about the idea
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A parameter: recorded, GX_PARAM_NAME in the environment, put in for {NAME} in the command
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = input::pair)]
    params: Vec<(String, String)>,
    /// Compare with this revision instead of the natural base
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Read these fields as one JSON object from stdin; flags win
    #[arg(long)]
    stdin: bool,
}

impl Idea {
    /// As a request, from flags and, where asked for, stdin.
    pub fn request(&self, output: Output) -> Result<Request> {
        let mut object = if self.stdin { input::object()? } else { serde_json::Map::new() };
        let mut given = |flag: &Option<String>, key: &str| {
            let told = input::text(&mut object, key)?;
            Ok::<_, anyhow::Error>(flag.clone().or(told))
        };
        let mut request = Request {
            hypothesis: given(&self.hypothesis, "hypothesis")?.unwrap_or_default(),
            category: given(&self.category, "category")?,
            description: given(&self.description, "description")?,
            tag: given(&self.tag, "tag")?,
            against: given(&self.base, "base")?,
            params: self.params.clone(),
            leave: false,
        };
        if let Some(params) = object.shift_remove("params") {
            let Some(params) = params.as_object() else {
                return Err(misuse("`params` must be an object")
                    .hint("such as {\"params\": {\"lr\": 3e-4}}")
                    .into());
            };
            for (name, value) in
                params.iter().filter(|(name, _)| self.params.iter().all(|(flag, _)| flag != *name))
            {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                request.params.push((name.clone(), value));
            }
        }
        if let Some(unknown) = object.keys().next() {
            return Err(misuse(format!("unknown key `{unknown}` on stdin"))
                .hint("the keys are hypothesis, category, description, tag, base and params")
                .into());
        }
        warn_of_category(request.category.as_deref(), output);
        Ok(request)
    }
}

fn warn_of_category(category: Option<&str>, output: Output) {
    let Some(category) = category.filter(|category| !CATEGORIES.contains(category)) else { return };
    let meant = nearest(category, CATEGORIES.into_iter())
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    Progress::new(output)
        .hear(Event::Warning(format!("`{category}` is none of the usual categories{meant}")));
}

impl Run {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let request = Request { leave: self.leave, ..self.idea.request(scene.output)? };
        let store = scene.store();
        let runner = scene.runner(&store);
        let config = &scene.lab.settings.config;
        let is_given = !self.command.is_empty();
        let job = Job {
            command: if is_given { self.command.clone() } else { config.run.command.clone() },
            dir: if is_given { scene.dir.clone() } else { scene.lab.repo.work_dir().to_path_buf() },
            limit: self.timeout.map_or(config.run.timeout, |limit| limit.0),
            patience: if self.wait { Patience::Wait } else { Patience::Refuse },
        };
        if job.command.is_empty() {
            return Err(misuse("there is no command to run")
                .hint("give one: `gx run --hypothesis \"…\" -- python3 train.py`")
                .hint("or set `run.command` in gx.toml")
                .into());
        }
        let mut progress = Progress::new(scene.output);
        let finished = runner.run(&request, &job, &mut |event| progress.hear(event))?;
        let exit = finished.exit();
        // The verdict stands and has its exit code, also where nobody could be told.
        if let Err(error) = scene.output.show(&Outcome::of(finished)) {
            scene.output.note("warning", Label::Near, &format!("{error:#}"));
        }
        Ok(exit)
    }
}
