//! The built program against real repositories: a module per command.
