//! The program: parse, run, say, exit.

use std::env;
use std::process::ExitCode;

use gx::cli::app;
use gx::error::{Exit, tell};
use gx::ui::output::{Form, Output};

fn main() -> ExitCode {
    let call = match app::parse(env::args_os()) {
        Ok(call) => call,
        Err(said) => {
            match app::refusal(&said) {
                Some(told) => Output::new(Form::Json).error(&told),
                // Help and version are answers, the rest are mistakes; clap knows which stream is whose.
                None => drop(said.print()),
            }
            return if said.use_stderr() { Exit::Usage.code().into() } else { ExitCode::SUCCESS };
        }
    };
    let output = call.output;
    match call.run() {
        Ok(exit) => exit.code().into(),
        Err(error) => {
            let told = tell(&error);
            output.error(&told);
            told.exit.code().into()
        }
    }
}
