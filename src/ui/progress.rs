//! What a run shows while it goes on: a line that rewrites itself, or in a pipe a plain one every 30 s.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
            Event::Started { id, command, limit } => self.start(&id.to_string(), &command, limit),
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

    fn start(&mut self, id: &str, command: &str, limit: Option<Duration>) {
        self.name = id.to_owned();
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
                bar.set_message(format!("{}  {text}", self.name));
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
