//! A command line that cannot be understood, told as every other error is.

use clap::error::ErrorKind;

use crate::error::{Exit, Told};

/// What clap has to say: the message on one line, its tips and the usage as hints.
///
/// Nothing where it is an answer instead: help or the version.
pub fn told(said: &clap::Error) -> Option<Told> {
    if !said.use_stderr() || said.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return None;
    }
    let text = said.render().to_string();
    let mut paragraphs = text.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let hints = paragraphs.flat_map(|paragraph| hint(&paragraph));
    Some(Told {
        message: message.strip_prefix("error: ").unwrap_or(&message).to_owned(),
        hints: hints.collect(),
        exit: Exit::Usage,
    })
}

fn one_line(paragraph: &str) -> String {
    paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn hint(paragraph: &str) -> Option<String> {
    if paragraph.is_empty() {
        return None;
    }
    if paragraph.starts_with("For more information") {
        return Some("`gx --help` and `gx COMMAND --help` tell more".to_owned());
    }
    let tip = paragraph.strip_prefix("tip: ").map(str::to_owned);
    let usage = || paragraph.strip_prefix("Usage: ").map(|usage| format!("usage: `{usage}`"));
    Some(tip.or_else(usage).unwrap_or_else(|| paragraph.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::app;

    fn mistake(words: &[&str]) -> Told {
        let said = app::parse(words.iter().map(Into::into)).expect_err("it is a mistake");
        told(&said).expect("it is no answer")
    }

    #[test]
    fn a_mistake_is_one_line_and_hints() {
        let told = mistake(&["gx", "keep", "exp-1"]);
        assert_eq!(told.message, "the following required arguments were not provided: --reason <TEXT>");
        assert_eq!(told.hints[0], "usage: `gx keep --reason <TEXT> <ID>`");
        let told = mistake(&["gx", "lgs"]);
        assert_eq!(told.message, "unrecognized subcommand 'lgs'");
        assert!(told.hints[0].contains("'logs'"), "{:?}", told.hints);
        assert_eq!(told.exit, Exit::Usage);
    }

    #[test]
    fn help_and_the_version_are_answers() {
        for words in [&["gx", "--help"][..], &["gx", "--version"], &["gx", "ls", "-h"]] {
            let said = app::parse(words.iter().map(Into::into)).expect_err("it is an answer");
            assert_eq!(told(&said), None);
        }
    }
}
