//! Every colour of gx, by what it means; the words beside it always say the same.

use anstyle::{AnsiColor, Style};

use crate::model::status::Status;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// Ordinary.
    #[default]
    Plain,
    /// What the eye should find first.
    Strong,
    /// What may be read past.
    Muted,
    /// Kept, improved.
    Good,
    /// Close to it.
    Near,
    /// Failed.
    Bad,
}

impl Label {
    /// Its escape codes.
    pub fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Muted => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Near => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
        }
    }

    /// How a status is shown.
    pub fn of(status: Status) -> Self {
        match status {
            Status::Keep => Self::Good,
            Status::NearMiss => Self::Near,
            Status::Crash | Status::Timeout | Status::Tainted => Self::Bad,
            Status::Queued | Status::Running => Self::Strong,
            Status::Discard | Status::Interrupted => Self::Muted,
            Status::NoRecord => Self::Near,
        }
    }
}

/// A piece of text and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The text, without escape codes.
    pub plain: String,
    /// What it is.
    pub label: Label,
}

impl Text {
    /// Labelled text.
    pub fn new(plain: impl Into<String>, label: Label) -> Self {
        Self { plain: plain.into(), label }
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(plain: T) -> Self {
        Self::new(plain, Label::Plain)
    }
}
