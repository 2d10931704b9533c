//! `gx run`

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value};

use crate::cli::input::{self, Limit};
use crate::cli::scene::Scene;
use crate::cli::wait::{Call, Code, Interrupt};
use crate::cli::{attach, wait};
use crate::config::nearest::nearest;
use crate::error::{Exit, misuse};
use crate::model::outcome::Finished;
use crate::model::status::CATEGORIES;
use crate::report::waited::{Begun, Started};
use crate::run::client::{Attention, Heard};
use crate::run::event::{Beginning, Event, Listener};
use crate::run::lock::Patience;
use crate::run::runner::{Job, Order, Place, Request, Runner};
use crate::run::watch::Until;
use crate::ui::output::Output;
use crate::ui::progress::Progress;

/// Where what is run stands in the help.
const COMMAND: &str = "The command";

/// Where the flags about other trees than this one stand.
const APART: &str = "Cards and checkouts";

/// Where those about branch and work tree stand.
const TREE: &str = "Branch and work tree";

/// Run an experiment: record it, train, keep the edit if the metric improved, else put it back
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten, next_help_heading = "The idea")]
    idea: Idea,
    /// Kill the run after this time, such as `10m` (0: never)
    #[arg(long, value_name = "TIME", value_parser = input::limit, help_heading = COMMAND)]
    timeout: Option<Limit>,
    /// Wait for so many cards, and train on them
    #[arg(long, value_name = "N", help_heading = APART)]
    gpus: Option<u32>,
    /// Train in a checkout of the snapshot; the work tree stays free
    #[arg(long, help_heading = APART)]
    isolated: bool,
    /// Say what it is called and leave it to itself (implies --isolated)
    #[arg(long, help_heading = APART)]
    detach: bool,
    /// So many times, each an experiment with GX_SEED of its own (implies --isolated)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = APART)]
    repeat: Option<u32>,
    /// Keep such files of the checkout, as `out/*.json`, under refs/artifacts
    #[arg(long = "artifact", value_name = "PATTERN", help_heading = APART)]
    artifacts: Vec<String>,
    /// Keep the checkout of an isolated run
    #[arg(long, help_heading = APART)]
    keep_worktree: bool,
    /// Put the edit back once it is recorded: the next idea starts from the base
    #[arg(long, help_heading = APART)]
    put_back: bool,
    /// Move neither branch nor files, whatever the outcome
    #[arg(long, help_heading = TREE)]
    leave: bool,
    /// Keep this work tree where it is when others move the tip of its tag
    #[arg(long, help_heading = TREE)]
    stay: bool,
    /// Wait while another run has this work tree
    #[arg(long, help_heading = TREE)]
    wait: bool,
    /// The command, instead of the configured one
    #[arg(last = true, value_name = "CMD", help_heading = COMMAND)]
    command: Vec<String>,
}

/// What an experiment says about itself.
#[derive(Debug, Default, Args)]
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
        self.filled(if self.stdin { input::object()? } else { Map::new() }, output)
    }

    /// The same with what an object says, where no flag says otherwise.
    pub(super) fn filled(&self, mut object: Map<String, Value>, output: Output) -> Result<Request> {
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
            stay: false,
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
                let value = input::whole(name, value)?;
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

/// Names those that go on although a later one could not begin: nobody is to begin them once more.
fn warn_of_begun(begun: &[Beginning], hear: &mut Listener<'_>) {
    if begun.is_empty() {
        return;
    }
    let names: Vec<String> = begun.iter().map(|begun| begun.id.to_string()).collect();
    let (names, verbs) =
        (names.join(" "), if begun.len() == 1 { "has begun and goes" } else { "have begun and go" });
    hear(Event::Warning(format!("{names} {verbs} on: gx wait {names}")));
}

impl Run {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let request = Request { leave: self.leave, stay: self.stay, ..self.idea.request(scene.output)? };
        let job = self.job(scene)?;
        let order = Order::Begin { request, job, given: None, seed: self.repeat.map(|_| 1) };
        let store = scene.store();
        let runner = scene.runner(&store);
        let mut progress = Progress::new(scene.output);
        let mut hear = |event| progress.hear(event);
        if self.detach || self.repeat.is_some() {
            return self.begin_all(scene, &runner, order, &mut hear);
        }
        let finished = match runner.submit(&order, &scene.flags, Attention::End, &mut hear)? {
            Heard::Finished(finished) => *finished,
            Heard::Begun(begun) | Heard::Lost(begun) => {
                attach::attached(scene, &runner, &begun.id, &mut hear)?
            }
        };
        Ok(attach::told(scene.output, finished))
    }

    fn job(&self, scene: &Scene) -> Result<Job> {
        let config = &scene.lab.settings.config;
        let is_given = !self.command.is_empty();
        let command = if is_given { &self.command } else { &config.run.command };
        if command.is_empty() {
            return Err(misuse("there is no command to run")
                .hint("give one: `gx run --hypothesis \"…\" -- python3 train.py`")
                .hint("or set `run.command` in gx.toml")
                .into());
        }
        Ok(Job {
            command: command.clone(),
            dir: if is_given { scene.dir.clone() } else { scene.lab.repo.work_dir().to_path_buf() },
            limit: self.timeout.map_or(config.run.timeout, |limit| limit.0),
            gpus: self.gpus.unwrap_or(config.run.gpus),
            place: self.place()?,
        })
    }

    fn place(&self) -> Result<Place> {
        if self.isolated || self.detach || self.repeat.is_some() {
            return Ok(Place::Apart {
                artifacts: self.artifacts.clone(),
                keep_worktree: self.keep_worktree,
                put_back: self.put_back,
            });
        }
        let only_apart = [
            (!self.artifacts.is_empty(), "--artifact"),
            (self.keep_worktree, "--keep-worktree"),
            (self.put_back, "--put-back"),
        ];
        if let Some((_, flag)) = only_apart.into_iter().find(|(is_given, _)| *is_given) {
            return Err(misuse(format!("`{flag}` is for runs in a checkout of their own"))
                .hint("add `--isolated`")
                .into());
        }
        Ok(Place::Here(if self.wait { Patience::Wait } else { Patience::Refuse }))
    }

    /// Begins one or several that then go on alone, and waits for them where that is asked for.
    fn begin_all(
        &self,
        scene: &Scene,
        runner: &Runner<'_>,
        mut order: Order,
        hear: &mut Listener<'_>,
    ) -> Result<Exit> {
        let mut begun = Vec::new();
        let mut submit = |order: &Order| runner.submit(order, &scene.flags, Attention::Beginning, hear);
        match self.begin_each(&mut submit, &mut order, &mut begun) {
            Ok(None) => {}
            Ok(Some(finished)) => return Ok(attach::told(scene.output, finished)),
            Err(error) => {
                warn_of_begun(&begun, hear);
                return Err(error);
            }
        }
        if self.detach {
            let started = begun.into_iter().map(|begun| {
                let Beginning { id, snapshot, tag, status, .. } = begun;
                Started { id, snapshot, tag, status }
            });
            scene.output.show(&Begun::of(started.collect()))?;
            return Ok(Exit::Done);
        }
        let ids: Vec<_> = begun.into_iter().map(|begun| begun.id).collect();
        let (until, code, interrupt) = (Until::All, Code::Theirs, Interrupt::Stops);
        wait::waited(scene, &Call { ids: &ids, limit: None, until, code, interrupt })
    }

    /// Begins one after the other; gives the end of one that came to it at once.
    fn begin_each(
        &self,
        submit: &mut dyn FnMut(&Order) -> Result<Heard>,
        order: &mut Order,
        begun: &mut Vec<Beginning>,
    ) -> Result<Option<Finished>> {
        for number in 1..=self.repeat.unwrap_or(1) {
            if let Order::Begin { seed: Some(seed), .. } = order {
                *seed = number;
            }
            let beginning = match submit(order)? {
                Heard::Begun(beginning) | Heard::Lost(beginning) => *beginning,
                Heard::Finished(finished) => return Ok(Some(*finished)),
            };
            if let Order::Begin { given, job, .. } = order {
                given.get_or_insert_with(|| Box::new(beginning.given.clone()));
                if let Place::Apart { put_back, .. } = &mut job.place {
                    *put_back = false;
                }
            }
            begun.push(beginning);
        }
        Ok(None)
    }
}
