//! The terminal: the one room, beside `main`, that prints.

pub mod commit_bar;
pub mod foot;
pub mod grid;
pub mod live;
pub mod number;
pub mod output;
pub mod page;
pub mod pager;
pub mod progress;
pub mod prose;
pub mod render;
pub mod screen;
pub mod shell;
pub mod style;
pub mod table;
pub mod transfer;
pub mod voice;
pub mod work;
