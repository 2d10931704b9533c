//! `gx feed`

use std::io::{self, BufRead, Read};

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

/// What a line may have, in bytes.
const LONGEST: usize = 16 << 20;

/// What a line may hold, as it is said to people.
const VERBS: &str = "register, complete and crash";

/// Begin and end experiments that you run yourself: a JSON object a line on stdin, an answer a line on stdout
///
/// For a harness that trains many short experiments and would else start gx twice for each:
/// `{"register": {"hypothesis": "…"}}`, `{"complete": {"id": "exp-12", "metrics": {"val_bpb": 0.98}}}` or
/// `{"crash": {"id": "exp-12", "error": "…"}}`, with the keys that `gx register --stdin`, `gx complete --stdin` and
/// `gx crash --stdin` take. Each line is answered, in order, by one JSON object: that command's `--json`, or `error`,
/// `hints` and `exit`. What is answered is on the disk: in the journal, from where the next gx command of any process, or
/// the end of this one, brings it into the notes. The files of the work tree and the branch stay as they are, and the
/// configuration is the one of the start.
#[derive(Debug, Args)]
pub struct Feed {}

impl Feed {
    /// Runs it; it fails at the end where a line could not be followed.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store().gathering();
        let mut exit = Exit::Done;
        let mut input = io::stdin().lock();
        for number in 0.. {
            let Some(line) = next_line(&mut input).context("cannot read stdin")? else { break };
            if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
                continue;
            }
            let answer = line.and_then(|line| follow(scene, &store, &line)).unwrap_or_else(|error| {
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
        store.flush()?;
        Ok(exit)
    }
}

/// The next line, where there is one, read to its end whatever it holds: one that cannot be followed is answered, and
/// the next is another matter.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Result<String>>> {
    let mut line = Vec::new();
    if (&mut *input).take(LONGEST as u64 + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let is_whole = line.last() == Some(&b'\n');
    if !is_whole && line.len() > LONGEST {
        input.skip_until(b'\n')?;
        let told = misuse(format!("the line has more than {} MiB", LONGEST >> 20));
        return Ok(Some(Err(told.hint("results are numbers and short words; logs go elsewhere").into())));
    }
    let text = String::from_utf8(line).map_err(|_| {
        misuse("the line is no UTF-8").hint("JSON is UTF-8; other letters can be written as `\\u00e9`").into()
    });
    Ok(Some(text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_or_no_text_takes_nothing_from_the_next() {
        let mut input = b"\xff\xfe\n".to_vec();
        input.extend(vec![b' '; LONGEST + 2]);
        input.extend(*b"\nlast");
        let mut input = &input[..];
        let told = |line: Option<Result<String>>| line.unwrap().unwrap_err().to_string();
        assert_eq!(told(next_line(&mut input).unwrap()), "the line is no UTF-8");
        assert_eq!(told(next_line(&mut input).unwrap()), "the line has more than 16 MiB");
        assert_eq!(next_line(&mut input).unwrap().unwrap().unwrap(), "last");
        assert!(next_line(&mut input).unwrap().is_none());
    }
}
