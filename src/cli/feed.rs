//! `gx feed`

use std::io::{self, BufRead};

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::run::Idea;
use crate::cli::scene::Scene;
use crate::cli::{complete, crash, register, upkeep};
use crate::error::{Exit, misuse, tell};
use crate::report::done::Registered;
use crate::report::failed::Failed;
use crate::report::outcome::Outcome;
use crate::run::external::{Apply, Report};
use crate::store::experiments::Store;
use crate::ui::progress::Progress;

/// After so many lines it is looked whether refs and objects have gathered, as other commands do at their end.
const UPKEEP: usize = 64;

/// What a line may hold, as it is said to people.
const VERBS: &str = "register, complete and crash";

/// Begin and end experiments that you run yourself: a JSON object a line on stdin, an answer a line on stdout
///
/// For a harness that trains many short experiments and would else start gx twice for each:
/// `{"register": {"hypothesis": "…"}}`, `{"complete": {"id": "exp-12", "metrics": {"val_bpb": 0.98}}}` or
/// `{"crash": {"id": "exp-12", "error": "…"}}`, with the keys that `gx register --stdin`, `gx complete --stdin` and
/// `gx crash --stdin` take. Each line is answered, in order, by one JSON object: that command's `--json`, or `error`,
/// `hints` and `exit`. What is answered is on the disk. The files of the work tree and the branch stay as they are, and
/// the configuration is the one of the start.
#[derive(Debug, Args)]
pub struct Feed {}

impl Feed {
    /// Runs it; it fails at the end where a line could not be followed.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let mut exit = Exit::Done;
        for (number, line) in io::stdin().lock().lines().enumerate() {
            let line = line.context("cannot read stdin")?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = follow(scene, &store, &line).unwrap_or_else(|error| {
                exit = Exit::Failed;
                Answer::Failed(Failed::of(&tell(&error)))
            });
            if !scene.output.stream((serde_json::to_string(&answer)? + "\n").as_bytes())? {
                break;
            }
            if number % UPKEEP == UPKEEP - 1 {
                upkeep::start_if_due(scene);
            }
        }
        Ok(exit)
    }
}

/// The answer to a line.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Registered(Registered),
    Ended(Box<Outcome>),
    Failed(Failed),
}

fn follow(scene: &Scene, store: &Store<'_>, line: &str) -> Result<Answer> {
    let (verb, object) = parse(line)?;
    let mut progress = Progress::new(scene.output);
    let (id, report) = match verb.as_str() {
        "register" => {
            let request = Idea::default().filled(object, scene.output)?;
            let made = scene.runner(store).register(&request, &mut |event| progress.hear(event))?;
            return Ok(Answer::Registered(register::answer(made)));
        }
        "complete" => {
            let (id, metrics) = complete::told(object)?;
            (id, Report::Complete(metrics))
        }
        "crash" => {
            let (id, error) = crash::told(object)?;
            (id, Report::Crash(error.unwrap_or_else(crash::unsaid)))
        }
        other => {
            return Err(misuse(format!("`{other}` is nothing that a line can ask for"))
                .hint(format!("it can ask for {VERBS}"))
                .into());
        }
    };
    let id = id.ok_or_else(|| misuse("the id of the experiment is missing").hint("give it as `\"id\"`"))?;
    Ok(Answer::Ended(Box::new(Outcome::of(complete::finish(scene, store, &id, report, Apply::RecordOnly)?))))
}

/// What a line asks for, and the object that goes with it.
fn parse(line: &str) -> Result<(String, Map<String, Value>)> {
    let hint = "give one object a line, such as {\"register\": {\"hypothesis\": \"…\"}}";
    let value = serde_json::from_str(line)
        .map_err(|error| misuse(format!("the line holds no JSON: {error}")).hint(hint))?;
    if let Value::Object(line) = value
        && line.len() == 1
        && let Some((verb, Value::Object(object))) = line.into_iter().next()
    {
        return Ok((verb, object));
    }
    Err(misuse(format!("a line is an object with one of {VERBS}, and that an object too")).hint(hint).into())
}
