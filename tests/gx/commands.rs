//! The commands that only answer: ls, show, best, near, tags, logs, diff, config, completions, agent-guide.

mod compare;
mod elsewhere;
mod form;
mod list;
mod one;
mod ranks;
