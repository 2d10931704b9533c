//! Where answers go: results to stdout, everything else to stderr, as text or as JSON.

use std::env;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use crate::config::ui::Paging;
use crate::error::Told;
use crate::process;
use crate::report::failed::Failed;
use crate::ui::page::{Page, Show};
use crate::ui::pager;
use crate::ui::style::{Label, Text};

/// The width of a table where no terminal tells.
const WIDTH: usize = 120;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// The way out.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    form: Form,
    paging: Paging,
}

impl Output {
    /// Answers in this form.
    pub fn new(form: Form) -> Self {
        Self { form, paging: Paging::Never }
    }

    /// The same, with long answers shown so.
    pub fn paged(self, paging: Paging) -> Self {
        Self { paging, ..self }
    }

    /// Whether answers are JSON.
    pub fn is_json(self) -> bool {
        self.form == Form::Json
    }

    /// Shows an answer.
    pub fn show<T: Serialize + Show>(self, answer: &T) -> Result<()> {
        match self.form {
            Form::Json => self.raw((serde_json::to_string_pretty(answer)? + "\n").as_bytes()),
            Form::Text => self.whole(self.page(answer).as_bytes()),
        }
    }

    /// Writes an answer that is complete: where a person looks at it and it is longer than the screen, through a pager.
    ///
    /// # Errors
    /// As [`Self::raw`].
    pub fn whole(self, bytes: &[u8]) -> Result<()> {
        // The screen is asked first: git, which knows the pager, takes longer to answer.
        let chosen = pager::is_long(bytes).then(|| self.pager()).flatten();
        match chosen {
            Some(chosen) if process::pager::show(&chosen, bytes.to_vec()).unwrap_or(false) => Ok(()),
            _ => self.raw(bytes),
        }
    }

    /// The pager for a program that has an answer of its own to show; a person is there to use it.
    pub fn pager(self) -> Option<String> {
        (self.paging == Paging::Auto && !self.is_json()).then(pager::chosen).flatten()
    }

    /// Writes an answer as JSON, while it is made.
    pub fn json(self, answer: &impl Serialize) -> Result<()> {
        json(self.writer(), answer)
    }

    /// Where answers go.
    pub fn writer(self) -> Box<dyn Write> {
        Box::new(io::stdout())
    }

    /// An answer as it looks on stdout.
    pub fn page(self, answer: &impl Show) -> String {
        let mut page = self.new_page();
        answer.show(&mut page);
        page.into_text()
    }

    /// An empty page for stdout.
    pub fn new_page(self) -> Page {
        Page::new(width(&io::stdout()), has_colour(&io::stdout()))
    }

    /// Writes bytes to stdout as they are.
    ///
    /// # Errors
    /// When they cannot be written; a reader who has gone away (`| head`) is no error.
    pub fn raw(self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.context("cannot write to stdout"),
        }
    }

    /// Whether a person looks at stdout.
    pub fn is_terminal(self) -> bool {
        io::stdout().is_terminal()
    }

    /// How many rows the terminal has that a person looks at.
    pub fn rows(self) -> Option<usize> {
        let told = self.is_terminal().then(|| rustix::termios::tcgetwinsize(io::stdout()).ok()).flatten()?;
        (told.ws_row > 0).then(|| usize::from(told.ws_row))
    }

    /// Writes a piece of an endless answer; says whether anybody still reads.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn stream(self, bytes: &[u8]) -> Result<bool> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            written => written.context("cannot write to stdout")?,
        }
        // With nothing to write, only a question tells that the reader has gone.
        let mut polled = [PollFd::new(&out, PollFlags::empty())];
        let _ = poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        Ok(!polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP))
    }

    /// Shows an answer beside the way that answers go: for hooks, whose stdout nobody reads.
    pub fn aside(self, answer: &impl Show) {
        let mut page = Page::new(width(&io::stderr()), has_colour(&io::stderr()));
        answer.show(&mut page);
        self.to_stderr(&page.into_text());
    }

    /// Says something beside the answer.
    pub fn note(self, word: &str, label: Label, text: &str) {
        let mut page = Page::new(width(&io::stderr()), has_colour(&io::stderr()));
        page.line([Text::new(format!("{word}: "), label), Text::from(text)]);
        self.to_stderr(&page.into_text());
    }

    /// Says what went wrong and what to do about it.
    pub fn error(self, told: &Told) {
        if self.is_json() {
            let text = serde_json::to_string(&Failed::of(told)).unwrap_or_else(|_| told.message.clone());
            return self.to_stderr(&(text + "\n"));
        }
        let mut page = Page::new(width(&io::stderr()), has_colour(&io::stderr()));
        page.line([Text::new("error: ", Label::Bad), Text::from(told.message.as_str())]);
        for hint in &told.hints {
            page.line([Text::new("hint: ", Label::Strong), Text::from(hint.as_str())]);
        }
        self.to_stderr(&page.into_text());
    }

    fn to_stderr(self, text: &str) {
        // Where even stderr is gone there is nobody left to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Writes an answer as JSON; a reader who has gone away is no error.
pub fn json(out: impl Write, answer: &impl Serialize) -> Result<()> {
    let mut out = BufWriter::new(out);
    match serde_json::to_writer_pretty(&mut out, answer) {
        Err(error) if error.io_error_kind() == Some(ErrorKind::BrokenPipe) => return Ok(()),
        Err(error) if error.is_io() => return Err(io::Error::from(error)).context("cannot write"),
        written => written?,
    }
    match out.write_all(b"\n").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write"),
    }
}

fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How wide a line may be where it is shown.
pub fn width(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> usize {
    let asked = || env::var("COLUMNS").ok()?.parse().ok();
    let told = || rustix::termios::tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col));
    asked().or_else(told).filter(|width| *width > 0).unwrap_or(WIDTH).max(40)
}
