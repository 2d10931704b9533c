//! What a run shows while it goes on: a line that rewrites itself, or in a pipe a plain one every 30 s.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::id::ExperimentId;
use crate::process::interrupt;
use crate::report::outcome::Tree;
use crate::run::event::Event;
use crate::ui::number::span;
use crate::ui::output::Output;
use crate::ui::render::outcome::sayings;
use crate::ui::style::Label;
use crate::ui::table::cut;

/// How often a plain line is printed where stderr is no terminal.
const PAUSE: Duration = Duration::from_secs(30);

/// Listens to a run and shows it on stderr.
#[derive(Debug)]
pub struct Progress {
    output: Output,
    bar: Option<ProgressBar>,
    next: Duration,
    name: String,
}

impl Progress {
    /// A listener that shows nothing yet.
    pub fn new(output: Output) -> Self {
        Self { output, bar: None, next: PAUSE, name: String::new() }
    }

    /// Takes note of an event.
    pub fn hear(&mut self, event: Event) {
        match event {
            Event::Warning(text) => self.aside(|output| output.note("warning", Label::Near, &text)),
            Event::Settled { id, status, tree } => {
                let done = sayings(&Tree::of(*tree));
                let done = if done.is_empty() { String::new() } else { format!(": {}", done.join("; ")) };
                let text = format!("{id} was left unfinished; it is `{status}` now{done}");
                self.aside(|output| output.note("note", Label::Strong, &text));
            }
            Event::Begun(_) | Event::Finished(_) | Event::Failed(_) | Event::Elsewhere => {}
            Event::Waiting { id, position, waiters, reason } => {
                self.wait(id.as_ref(), &format!("{position} of {waiters} in the queue: {reason}"));
            }
            Event::Started { id, command, limit, gpus } => {
                let cards: Vec<String> = gpus.iter().map(ToString::to_string).collect();
                let on =
                    if cards.is_empty() { String::new() } else { format!(" on GPU {}", cards.join(", ")) };
                self.start(&id.to_string(), &format!("{command}{on}"), limit);
            }
            Event::Progress { elapsed, left, line } => self.beat(elapsed, left, line.as_deref()),
            Event::Ended => self.end(),
        }
    }

    fn aside(&self, say: impl FnOnce(Output)) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(self.output)),
            None => say(self.output),
        }
    }

    /// Shows news of runs that others look after; a terminal only, as nothing of it is new.
    pub fn watch(&mut self, names: &str) {
        if io::stderr().is_terminal() {
            self.start(names, "", None);
        }
        self.name = cut(names, 40);
    }

    fn wait(&mut self, id: Option<&ExperimentId>, text: &str) {
        let name = id.map_or_else(|| "waiting".to_owned(), ToString::to_string);
        match &self.bar {
            Some(bar) => bar.set_message(format!("{name}  {text}")),
            None if io::stderr().is_terminal() => self.start(&name, text, None),
            None => self.output.note(&name, Label::Strong, text),
        }
    }

    fn start(&mut self, id: &str, command: &str, limit: Option<Duration>) {
        self.name = id.to_owned();
        self.end();
        if io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            bar.set_style(style);
            bar.set_message(format!("{id}  {}", cut(command, 60)));
            self.bar = Some(bar);
        } else {
            let limit =
                limit.map(|limit| format!(", at most {}", span(limit.as_secs_f64()))).unwrap_or_default();
            self.output.note(id, Label::Strong, &format!("{command}{limit}"));
        }
    }

    fn beat(&mut self, elapsed: Duration, left: Option<Duration>, line: Option<&str>) {
        let left = left.map(|left| format!(", {} left", span(left.as_secs_f64()))).unwrap_or_default();
        let line = line.map(|line| format!("  {line}")).unwrap_or_default();
        let text = format!("{}{left}{line}", span(elapsed.as_secs_f64()));
        match &self.bar {
            Some(bar) => {
                // The first Ctrl-C only asks it to stop, and it may take its time to save what it has.
                let asked = if interrupt::count() > 0 { "stopping (Ctrl-C again kills it)  " } else { "" };
                bar.set_message(format!("{}  {asked}{text}", self.name));
                bar.tick();
            }
            None if elapsed >= self.next => {
                self.next = elapsed + PAUSE;
                self.output.note(&self.name, Label::Strong, &cut(&text, 200));
            }
            None => {}
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
